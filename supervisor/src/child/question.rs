//! The function that makes a request.

use crate::mailbox::Reply;

/// A function that makes a request from the place for its answer, as [`ask`](crate::ChildRef::ask)
/// takes it: a closure, or a variant of the message's enum such as `Query::Count`.
#[diagnostic::on_unimplemented(
    message = "this makes no request of type `{M}`",
    label = "write a function of the reply, as in `ask(|reply| Message::Get(1, reply))`",
    note = "a message without a `Reply` has no answer: send it with `send(…)`"
)]
pub trait Question<M, R>: FnOnce(Reply<R>) -> M {}

#[diagnostic::do_not_recommend]
impl<F: FnOnce(Reply<R>) -> M, M, R> Question<M, R> for F {}
