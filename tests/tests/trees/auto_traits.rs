//! Tests which public types and futures are `Send`, `Sync` and `Unpin`: a change is a breaking one.

use std::cell::Cell;
use std::rc::Rc;

use supervisor::testing::{self, Chaos, ChaosReport, Watch};
use supervisor::{events::*, exit::*, futures::*, info::*, messages::*, pool::*, specs::*, *};

/// A type that is `Send` and not `Sync`.
type NotSync = Cell<u8>;
/// A type that is neither `Send` nor `Sync`.
type NotSend = Rc<u8>;

/// Compiles only if the type has exactly these traits: with one trait more, the call of `call` is
/// ambiguous.
macro_rules! assert_traits {
    ($($type:ty: $send:ident $sync:ident $unpin:ident;)+) => {
        $(
            assert_traits!(@one $type, Send, $send);
            assert_traits!(@one $type, Sync, $sync);
            assert_traits!(@one $type, Unpin, $unpin);
        )+
    };
    (@one $type:ty, $trait:ident, yes) => {
        const _: fn() = || {
            fn has<T: ?Sized + $trait>() {}
            has::<$type>();
        };
    };
    (@one $type:ty, $trait:ident, no) => {
        const _: fn() = || {
            trait Ambiguous<A> {
                fn call() {}
            }
            impl<T: ?Sized> Ambiguous<()> for T {}
            impl<T: ?Sized + $trait> Ambiguous<u8> for T {}
            let _ = <$type as Ambiguous<_>>::call;
        };
    };
}

assert_traits! {
    AnyChildRef: yes yes yes;
    AskError<NotSync>: yes no yes;
    AskError<NotSend>: no no yes;
    AutoShutdown: yes yes yes;
    Backoff: yes yes yes;
    ChildCount: yes yes yes;
    ChildError: yes yes yes;
    ChildInfo: yes yes yes;
    ChildKind: yes yes yes;
    ChildOptions: yes yes yes;
    ChildPath: yes yes yes;
    // Only the child's own task ever has a message in hand.
    ChildRef<NotSync>: yes yes yes;
    ChildSpec<Unset>: yes yes yes;
    ChildSpec<Ready<ChildRef<NotSync>>>: yes yes yes;
    ChildSpec<Ready<Supervisor>>: yes yes yes;
    ChildSpec<PerWorkerTemplate<NotSend>>: yes yes yes;
    ChildSpec<SharedTemplate<NotSend>>: yes yes yes;
    ChildSpecInfo: yes yes yes;
    ChildState: yes yes yes;
    Context<NotSync>: yes yes yes;
    Escalate: yes yes yes;
    Escalation: yes yes yes;
    Event: yes yes yes;
    EventKind: yes yes yes;
    Events: yes yes yes;
    ExitReason: yes yes yes;
    Failure: yes yes yes;
    MaxRestarts: yes yes yes;
    Pool<NotSend, Shared>: yes yes yes;
    Pool<NotSend, PerWorker>: yes yes yes;
    Reply<NotSync>: yes yes yes;
    RestartPolicy: yes yes yes;
    SendError<NotSync>: yes no yes;
    SendError<NotSend>: no no yes;
    Shutdown: yes yes yes;
    ShutdownReport: yes yes yes;
    ShutdownRequested: yes yes yes;
    Snapshot: yes yes yes;
    StartMode: yes yes yes;
    SupervisionStrategy: yes yes yes;
    Supervisor: yes yes yes;
    SupervisorBuilder: yes yes yes;
    SupervisorError: yes yes yes;
    SupervisorStats: yes yes yes;
    Tree<Supervisor>: yes yes yes;
    TrySendError<NotSync>: yes no yes;
    Chaos: yes yes yes;
    ChaosReport: yes yes yes;
    testing::Error: yes yes yes;
    Watch: yes yes yes;
    // Futures with a name.
    AddChild<Supervisor>: yes no yes;
    Starting<Supervisor>: yes no yes;
    Sending<'static, NotSync>: yes no yes;
    Asking<'static, NotSync, NotSync>: yes no no;
}

/// Futures of `async fn`s can be spawned.
#[test]
fn the_futures_of_all_calls_are_send() {
    fn send<T: Send>(_: T) {}
    fn supervisor(supervisor: &Supervisor, pool: &Pool<FnWorker, Shared>) {
        send(supervisor.start());
        send(supervisor.add_worker());
        send(supervisor.terminate_child("a"));
        send(supervisor.restart_child("a"));
        send(supervisor.delete_child("a"));
        send(supervisor.which_children());
        send(supervisor.count_children());
        send(supervisor.child_spec("a"));
        send(supervisor.stats());
        send(supervisor.snapshot());
        send(supervisor.shutdown());
        send(supervisor.wait());
        send(pool.add_worker());
    }
    fn child(child: &ChildRef<NotSync>, any: &AnyChildRef, events: &mut Events) {
        send(child.terminate());
        send(child.restart());
        send(child.kill());
        send(any.terminate());
        send(any.restart());
        send(any.kill());
        send(events.next());
    }
    fn context(ctx: &mut Context<NotSync>) {
        send(ctx.recv());
    }
    fn test(supervisor: &Supervisor, watch: &mut Watch, chaos: &Chaos) {
        send(testing::kill(supervisor, "a"));
        send(testing::fail(supervisor, "a", "an error"));
        send(testing::panic(supervisor, "a", "a message"));
        send(testing::hang(supervisor, "a"));
        send(testing::running(supervisor, "a"));
        send(watch.until("something", |_| true));
        send(watch.restarted("a"));
        send(chaos.run(supervisor));
    }
    let _ = (supervisor, child, context, test);
}

/// Handles are cheap to clone: they are one or two pointers large.
#[test]
fn handles_are_small() {
    let word = size_of::<usize>();
    assert_eq!(size_of::<ChildRef<String>>(), word);
    assert_eq!(size_of::<AnyChildRef>(), 2 * word);
    assert!(size_of::<Supervisor>() <= 2 * word);
    assert!(size_of::<Option<ExitReason>>() <= 4 * word, "{}", size_of::<Option<ExitReason>>());
}
