//! A program's own traits on the types of the library: their functions may have the names of those
//! that the library has for the compiler's errors only.

use std::time::Duration;

use supervisor::futures::Starting;
use supervisor::messages::Asking;
use supervisor::prelude::*;
use supervisor_tests::within;

enum Count {
    Add(u32),
    Get(Reply<u32>),
}

#[derive(Child, Default)]
#[child(message = Count)]
struct Counter;

impl Worker for Counter {
    async fn run(&self, mut ctx: Context<Count>) -> ChildResult {
        assert!(!ctx.is_cancelled());
        let (mut count, me) = (0, ctx.myself());
        assert_eq!(me.path(), ctx.path());
        while let Some(message) = ctx.recv().await {
            match message {
                Count::Add(number) => count += number,
                Count::Get(reply) => reply.reply(count),
            }
        }
        Ok(())
    }
}

supervision_tree! {
    Counting: one_for_one {
        counter: Counter,
        pool: simple_one_for_one { worker: Counter },
        parts: simple_one_for_one(partitions = 2) { worker: Counter },
    }
}

trait CallExt<M> {
    async fn call<R>(&self, make: impl FnOnce(Reply<R>) -> M) -> R;
    async fn cast(&self, message: M);
    fn stop(&self) -> &'static str;
}

impl<M: Send + 'static> CallExt<M> for ChildRef<M> {
    async fn call<R>(&self, make: impl FnOnce(Reply<R>) -> M) -> R {
        self.ask_within(Duration::from_secs(1), make).await.unwrap_or_else(|_| panic!("no answer"))
    }

    async fn cast(&self, message: M) {
        self.send(message).await.unwrap_or_else(|_| panic!("not sent"));
    }

    fn stop(&self) -> &'static str {
        "an address"
    }
}

trait ContextExt<M> {
    fn is_cancelled(&self) -> bool;
    fn myself(&self) -> ChildRef<M>;
}

impl<M: Send + 'static> ContextExt<M> for Context<M> {
    fn is_cancelled(&self) -> bool {
        self.is_shutdown_requested()
    }

    fn myself(&self) -> ChildRef<M> {
        self.address()
    }
}

trait ReplyExt<R> {
    fn reply(self, answer: R);
}

impl<R> ReplyExt<R> for Reply<R> {
    fn reply(self, answer: R) {
        drop(self.send(answer));
    }
}

trait SupervisorExt {
    fn child(&self, name: &str) -> String;
    fn stop(&self) -> &'static str;
}

impl SupervisorExt for Supervisor {
    fn child(&self, name: &str) -> String {
        format!("the child {name}")
    }

    fn stop(&self) -> &'static str {
        "a supervisor"
    }
}

trait PoolExt {
    fn spawn(&self) -> &'static str;
    fn send(&self) -> &'static str;
}

impl<W, V> PoolExt for Pool<W, V> {
    fn spawn(&self) -> &'static str {
        "a pool"
    }

    fn send(&self) -> &'static str {
        "to a pool"
    }
}

trait PartitionedExt {
    fn send(&self) -> &'static str;
}

impl<M> PartitionedExt for Partitioned<M> {
    fn send(&self) -> &'static str {
        "to partitions"
    }
}

trait FutureExt {
    fn unwrap(&self) -> &'static str;
    fn is_ok(&self) -> &'static str;
}

impl<H> FutureExt for Starting<H> {
    fn unwrap(&self) -> &'static str {
        "a start"
    }

    fn is_ok(&self) -> &'static str {
        "a start"
    }
}

impl<M, R> FutureExt for Asking<'_, M, R> {
    fn unwrap(&self) -> &'static str {
        "a request"
    }

    fn is_ok(&self) -> &'static str {
        "a request"
    }
}

trait BuilderExt: Sized {
    fn start(self) -> Supervisor;
}

impl BuilderExt for supervisor::SupervisorBuilder {
    fn start(self) -> Supervisor {
        self.build()
    }
}

trait SpecExt: Sized {
    fn with_restart(self, policy: RestartPolicy) -> Self;
}

impl<S> SpecExt for ChildSpec<S> {
    fn with_restart(self, policy: RestartPolicy) -> Self {
        self.with_restart_policy(policy)
    }
}

#[tokio::test(start_paused = true)]
async fn functions_of_a_programs_own_traits_come_first() {
    let starting = Counting::start();
    assert_eq!((starting.unwrap(), starting.is_ok()), ("a start", "a start"));
    let counting = within("the start", starting).await.unwrap();
    let counter = counting.counter();
    within("the message", counter.cast(Count::Add(3))).await;
    assert_eq!(within("the answer", counter.call(Count::Get)).await, 3);
    let asking = counter.ask(Count::Get);
    assert_eq!((asking.unwrap(), asking.is_ok()), ("a request", "a request"));
    drop(asking);
    assert_eq!(CallExt::stop(counter), "an address");
    assert_eq!(counter.stop(), "an address");
    assert_eq!((counting.stop(), counting.supervisor().stop()), ("a supervisor", "a supervisor"));
    assert_eq!(counting.child("db"), "the child db");
    assert_eq!((counting.pool().spawn(), counting.pool().send()), ("a pool", "to a pool"));
    assert_eq!(counting.parts().send(), "to partitions");
    let spec = ChildSpec::new("a").with_worker(Counter).with_restart(RestartPolicy::Transient);
    let built = Supervisor::new().with_child(spec).start();
    assert_eq!(built.stop(), "a supervisor");
    within("the stop", counting.supervisor().shutdown()).await.unwrap();
}
