//! The function that makes a request.

use super::NoTask;
use crate::mailbox::Reply;

/// A function that makes a request from the place for its answer, as [`ask`](crate::ChildRef::ask)
/// takes it: a closure, or a variant of the message's enum such as `Query::Count`.
#[diagnostic::on_unimplemented(
    message = "this makes no request of type `{M}`",
    label = "write a function of the reply, as in `ask(|reply| Message::Get(1, reply))`",
    note = "the answer goes through a `Reply` in the message, as in `Get(u64, Reply<String>)`, and not through a channel",
    note = "a message without a `Reply` has no answer: send it with `send(…)`"
)]
pub trait Question<Arguments, M, R>: FnOnce(Reply<R>) -> M {}

#[diagnostic::do_not_recommend]
impl<F: FnOnce(Reply<R>) -> M, M, R> Question<(Reply<R>,), M, R> for F {}

/// An implementation that holds for no function, as that of [`TaskFn`](super::TaskFn): without it, the
/// compiler would count the arguments of `ask(Query::Get)`, whose variant has more fields than the
/// reply.
#[diagnostic::do_not_recommend]
impl<F: FnOnce(Reply<R>) -> M + NoTask, M, R> Question<(), M, R> for F {}
