//! Tests that a child's value has each sibling that it names as its own.

use supervisor::prelude::*;
use supervisor_tests::within;

/// A worker that counts what it is sent, and answers with the count.
#[derive(Child, Default)]
#[child(message = Count)]
struct Counter;

enum Count {
    One,
    Get(Reply<u32>),
}

impl Worker for Counter {
    async fn run(&self, mut ctx: Context<Count>) -> ChildResult {
        let mut count = 0;
        while let Some(message) = ctx.recv().await {
            match message {
                Count::One => count += 1,
                Count::Get(reply) => drop(reply.send(count)),
            }
        }
        Ok(())
    }
}

/// A worker that owns the addresses of counters, and sends one message to each.
#[derive(Child)]
#[child(restart = Transient)]
struct Sender {
    to: Vec<ChildRef<Count>>,
}

impl Sender {
    fn new(to: ChildRef<Count>) -> Self {
        Self { to: vec![to] }
    }
}

impl Worker for Sender {
    async fn run(&self, _ctx: Context) -> ChildResult {
        for counter in &self.to {
            counter.send(Count::One).await?;
        }
        Ok(())
    }
}

async fn send(_ctx: Context, counter: ChildRef<Count>) -> ChildResult {
    Ok(counter.send(Count::One).await?)
}

async fn count(counter: &ChildRef<Count>) -> u32 {
    within("the count", counter.ask(Count::Get)).await.unwrap()
}

/// Returns `true` for any two values, which it consumes.
fn consumes<T>(_first: T, _second: T) -> bool {
    true
}

supervision_tree! {
    Moving: rest_for_one {
        counter: Counter,
        other: Counter,
        by_field: Sender = Sender { to: vec![counter] },
        by_call: Sender = Sender::new(counter),
        by_closure: Transient = move |ctx| send(ctx, counter.clone()),
        by_block: Transient = {
            assert!(consumes(counter.clone(), other));
            move |ctx| {
                let counter = counter.clone();
                async move { send(ctx, counter).await }
            }
        },
        by_macro: Sender = Sender { to: vec![counter, other] },
        #[cfg(any())]
        left_out: Sender = Sender::new(counter),
        nested: one_for_one {
            counter: Counter,
            inside: Sender = Sender { to: vec![counter, other] },
            pool: simple_one_for_one { sender: Sender = Sender::new(other) },
        },
        from_nested: Sender = Sender::new(nested.counter().clone()),
        whole: Transient = move |ctx| send(ctx, nested.counter().clone()),
    }
}

#[tokio::test(start_paused = true)]
async fn a_value_owns_the_siblings_that_it_names() {
    let tree = within("the start", Moving::start()).await.unwrap();
    within("a worker", tree.nested().pool().add_worker()).await.unwrap();
    supervisor_tests::quiet().await;
    assert_eq!(count(tree.counter()).await, 5, "field, call, closure, block, macro");
    assert_eq!(count(tree.other()).await, 3, "macro, inside, pool");
    assert_eq!(count(tree.nested().counter()).await, 3, "inside, from_nested, whole");
}

#[tokio::test(start_paused = true)]
async fn a_value_of_an_expression_owns_its_siblings_too() {
    let tree = supervision_tree! {
        one_for_one {
            counter: Counter,
            first: Sender = Sender::new(counter),
            second: Transient = move |ctx| send(ctx, counter.clone()),
            sub: one_for_one { third: Sender = Sender { to: vec![counter] } },
        }
    };
    let tree = within("the start", tree.start()).await.unwrap();
    supervisor_tests::quiet().await;
    assert_eq!(count(tree.counter()).await, 3);
}

supervision_tree! {
    Conditional: one_for_one {
        #[cfg(all())]
        counter: Counter,
        #[cfg(any())]
        counter: Missing,
        sender: Sender = Sender::new(counter),
        // The value binds the name itself, and uses no sibling.
        own: Sender = {
            let counter = Vec::new();
            Sender { to: counter }
        },
        printed: Temporary = move |_| {
            let text = format!("{counter:?}");
            async move { Err(text.into()) }
        },
        last: Sender = Sender::new(counter),
    }
}

#[tokio::test(start_paused = true)]
async fn siblings_under_conditions_and_in_format_strings_are_owned() {
    let tree = within("the start", Conditional::start()).await.unwrap();
    supervisor_tests::quiet().await;
    assert_eq!(count(tree.counter()).await, 2);
}

async fn send_to(_ctx: Context, counter: &ChildRef<Count>, times: u32) -> ChildResult {
    for _ in 0..times {
        counter.send(Count::One).await?;
    }
    Ok(())
}

/// A function that borrows its arguments only while it makes the future.
fn send_cloned(
    ctx: Context,
    counter: &ChildRef<Count>,
) -> impl Future<Output = ChildResult> + use<> {
    send(ctx, counter.clone())
}

supervision_tree! {
    Lending: one_for_one {
        counter: Counter,
        lent: Transient = move |ctx| send_to(ctx, &counter, 2),
        sub: one_for_all {
            without_move: Transient = |ctx| send_to(ctx, &counter, 1),
            beside: Transient = |ctx| send_cloned(ctx, &counter),
        },
    }
}

#[tokio::test(start_paused = true)]
async fn a_life_lends_its_own_clone_of_a_sibling() {
    let tree = within("the start", Lending::tree().into_future()).await.unwrap();
    supervisor_tests::quiet().await;
    assert_eq!(count(tree.counter()).await, 4);
    within("a second life", tree.sub().without_move().restart()).await.unwrap();
    supervisor_tests::quiet().await;
    assert_eq!(count(tree.counter()).await, 5);
}

async fn send_named(_ctx: Context, counter: &ChildRef<Count>, name: &str) -> ChildResult {
    assert_eq!(name, "name");
    Ok(counter.send(Count::One).await?)
}

supervision_tree! {
    LendingParameters(name: String): one_for_one {
        counter: Counter,
        lent: Transient = move |ctx| send_named(ctx, &counter, &name),
    }
}

#[tokio::test(start_paused = true)]
async fn a_life_lends_its_own_clone_of_a_parameter() {
    let tree = within("the start", LendingParameters::start("name".to_owned())).await.unwrap();
    supervisor_tests::quiet().await;
    within("a second life", tree.lent().restart()).await.unwrap();
    supervisor_tests::quiet().await;
    assert_eq!(count(tree.counter()).await, 2);
}
