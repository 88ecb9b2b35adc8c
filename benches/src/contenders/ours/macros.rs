//! Trees declared in the macro: a pool in a tree, a pool of trees, and children with mailboxes.

use supervisor::prelude::*;

use super::mail::{Answering, Member, Receiving, ask_all, send_all};
use super::wait;
use crate::contender::{Contender, Later, Prepared, Standing, Window};
use crate::stage::Failure;

pub(crate) struct Macros;

supervision_tree! {
    /// A pool whose members each get a value of their own.
    Members: one_for_one {
        members: simple_one_for_one(max_restarts = 4_294_967_295, restart_window = 100ms) {
            member: Always<Member>,
        },
    }
}

supervision_tree! {
    /// The same, with a window in which all restarts are.
    LongMembers: one_for_one {
        members: simple_one_for_one(max_restarts = 4_294_967_295, restart_window = 1h) {
            member: Always<Member>,
        },
    }
}

supervision_tree! {
    /// Two function children.
    Pair: one_for_all {
        first: Always = wait,
        second: Always = wait,
    }
}

supervision_tree! {
    /// A pool of trees.
    Pairs: one_for_one {
        pairs: simple_one_for_one {
            pair: Always<Pair>,
        },
    }
}

supervision_tree! {
    /// Children with a mailbox.
    Post(messages: usize): one_for_one {
        receiving: Receiving = Receiving { messages },
        answering: Answering = Answering,
    }
}

fn members(count: usize, failing: Option<Failure>) -> impl Iterator<Item = Member> {
    let middle = count / 2;
    (0..count).map(move |number| Member { failure: failing.filter(|_| number == middle) })
}

impl Contender for Macros {
    fn start(&self, children: usize) -> Option<Later<Standing>> {
        Some(Box::pin(async move {
            let tree = Members::start().await.expect("it starts");
            tree.members().add_workers(members(children, None)).await.expect("it runs");
            Box::new(tree.supervisor().clone()) as Standing
        }))
    }

    fn start_one_by_one(&self, children: usize) -> Option<Later<Prepared<Standing>>> {
        Some(Box::pin(async move {
            let tree = Members::start().await.expect("it starts");
            Prepared::new(async move {
                for member in members(children, None) {
                    tree.members().add_worker_with(member).await.expect("it runs");
                }
                Box::new(tree.supervisor().clone()) as Standing
            })
        }))
    }

    fn start_pairs(&self, pairs: usize) -> Option<Later<Standing>> {
        Some(Box::pin(async move {
            let tree = Pairs::start().await.expect("it starts");
            tree.pairs().add_workers((0..pairs).map(|_| Pair::tree())).await.expect("it runs");
            Box::new(tree.supervisor().clone()) as Standing
        }))
    }

    fn fail(&self, siblings: usize, how: Failure, window: Window) -> Option<Later<Standing>> {
        Some(Box::pin(async move {
            let members = members(siblings + 1, Some(how));
            match window {
                Window::Short => {
                    let tree = Members::start().await.expect("it starts");
                    tree.members().add_workers(members).await.expect("it runs");
                    Box::new(tree.supervisor().clone()) as Standing
                }
                Window::Long => {
                    let tree = LongMembers::start().await.expect("it starts");
                    tree.members().add_workers(members).await.expect("it runs");
                    Box::new(tree.supervisor().clone()) as Standing
                }
            }
        }))
    }

    fn send(&self, producers: usize, messages: usize) -> Option<Later<Prepared<()>>> {
        Some(Box::pin(async move {
            let tree = Post::start(messages).await.expect("it starts");
            let child = tree.receiving().clone();
            send_all(tree, child, producers, messages)
        }))
    }

    fn ask(&self, questions: usize) -> Option<Later<Prepared<()>>> {
        Some(Box::pin(async move {
            let tree = Post::start(0).await.expect("it starts");
            let child = tree.answering().clone();
            ask_all(tree, child, questions)
        }))
    }
}
