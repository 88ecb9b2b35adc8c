//! Finds a child by its path while the tree runs.

use std::any::{Any, type_name};
use std::error::Error;
use std::fmt;
use std::sync::Arc;

use super::Supervisor;
use crate::child::{AnyChildRef, ChildRef, Context};
use crate::inbox::Owner;
use crate::runtime::{Body, Node};
use crate::slot::AnySlot;
use crate::spec::{ChildPath, Name};

/// The error of [`Context::lookup`] and [`Supervisor::lookup`]: there is no address of the wanted
/// type at the path.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LookupError {
    /// There is no child at this path, which ends with the first name that is not found.
    NotFound(ChildPath),
    /// The child at this path is a supervisor: it takes no messages.
    IsSupervisor(ChildPath),
    /// The child takes messages of another type.
    #[non_exhaustive]
    WrongMessage {
        /// The child's path.
        path: ChildPath,
        /// The message type that the caller wanted.
        wanted: &'static str,
        /// The child's message type.
        actual: &'static str,
    },
}

impl LookupError {
    /// Returns the path of the child that the error is about.
    #[must_use]
    pub fn path(&self) -> &ChildPath {
        match self {
            Self::NotFound(path) | Self::IsSupervisor(path) | Self::WrongMessage { path, .. } => {
                path
            }
        }
    }
}

impl fmt::Display for LookupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(path) => write!(f, "there is no child `{path}`"),
            Self::IsSupervisor(path) => {
                write!(f, "`{path}` is a supervisor, which takes no messages")
            }
            Self::WrongMessage { path, wanted, actual } => {
                write!(f, "child `{path}` takes messages of type `{actual}`, not `{wanted}`")
            }
        }
    }
}

impl Error for LookupError {}

impl<M: Send + 'static> Context<M> {
    /// Finds a child of the same tree by its path, and returns its address.
    ///
    /// The path leads from the root down, without the root's own name: `"sub/db"`, or
    /// `"sessions/#17"` for a pool's worker. Prefer to give a child the addresses of the siblings
    /// that it needs, which the compiler checks; `lookup` is for siblings that are declared later,
    /// or added at run time.
    ///
    /// A declared child is found from the start of the tree on, whether it runs or not, also while
    /// a supervisor above it is being restarted. A child that was added at run time is found as
    /// long as its supervisor runs and has not removed it.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use supervisor::prelude::*;
    ///
    /// #[derive(Child)]
    /// #[child(message = Reply<u32>)]
    /// struct Answerer;
    ///
    /// impl Worker for Answerer {
    ///     async fn run(&self, mut ctx: Context<Reply<u32>>) -> ChildResult {
    ///         while let Some(reply) = ctx.recv().await {
    ///             let _ = reply.send(42);
    ///         }
    ///         Ok(())
    ///     }
    /// }
    ///
    /// async fn asker(ctx: Context) -> ChildResult {
    ///     let answerer = ctx.lookup::<Reply<u32>>("answerer").await?; // declared later
    ///     assert_eq!(answerer.ask(|reply| reply).await?, 42);
    ///     Ok(())
    /// }
    ///
    /// let supervisor = Supervisor::new()
    ///     .with_child(
    ///         ChildSpec::new("asker").with_restart_policy(RestartPolicy::Transient).with_task(asker),
    ///     )
    ///     .with_child(ChildSpec::new("answerer").with_worker(Answerer))
    ///     .build();
    /// supervisor.start().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`NotFound`](LookupError::NotFound) with the path up to the first name that is not found;
    /// [`IsSupervisor`](LookupError::IsSupervisor); [`WrongMessage`](LookupError::WrongMessage)
    /// with the child's message type.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn lookup<Q: Send + 'static>(&self, path: &str) -> Result<ChildRef<Q>, LookupError> {
        match node_of(self.owner()) {
            Some(node) => address_at(node.root(), path).await,
            None => Err(LookupError::NotFound(ChildPath::parse(path))),
        }
    }
}

impl Supervisor {
    /// Finds a child of the same tree by its path, and returns its address: what
    /// [`Context::lookup`] is to a child.
    ///
    /// The path leads from the root of the tree down, as events and errors print it, also if this
    /// supervisor is not the root.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use supervisor::prelude::*;
    ///
    /// #[derive(Child, Default)]
    /// #[child(message = String)]
    /// struct Mailer;
    ///
    /// impl Worker for Mailer {
    ///     async fn run(&self, mut ctx: Context<String>) -> ChildResult {
    ///         while ctx.recv().await.is_some() {}
    ///         Ok(())
    ///     }
    /// }
    ///
    /// supervision_tree! {
    ///     Shop: one_for_one {
    ///         office: one_for_one { mailer: Mailer },
    ///     }
    /// }
    ///
    /// let shop = Shop::start().await?;
    /// let mailer = shop.supervisor().lookup::<String>("office/mailer").await?;
    /// mailer.send("hello".to_owned()).await?;
    /// let fault = shop.supervisor().lookup::<u32>("office/mailer").await.unwrap_err();
    /// assert!(fault.to_string().starts_with("child `office/mailer` takes messages of type"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`Context::lookup`].
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn lookup<Q: Send + 'static>(&self, path: &str) -> Result<ChildRef<Q>, LookupError> {
        address_at(self.node().root(), path).await
    }

    /// Finds a child of the same tree by its path, worker or supervisor, and returns an address
    /// without a message type.
    ///
    /// The path is that of [`lookup`](Self::lookup).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use supervisor::prelude::*;
    /// # use supervisor::info::ChildState;
    /// # async fn db(ctx: Context) -> ChildResult { ctx.shutdown_requested().await; Ok(()) }
    /// let storage = Supervisor::new().with_child(ChildSpec::new("db").with_task(db)).build();
    /// let storage = ChildSpec::new("storage").with_supervisor(storage);
    /// let supervisor = Supervisor::new().with_child(storage).build();
    /// supervisor.start().await?;
    /// let db = supervisor.lookup_any("storage/db").await?;
    /// db.terminate().await?;
    /// assert_eq!(db.status(), ChildState::Stopped);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`NotFound`](LookupError::NotFound) with the path up to the first name that is not found.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe.
    pub async fn lookup_any(&self, path: &str) -> Result<AnyChildRef, LookupError> {
        let body = find(self.node().root(), path).await?;
        Ok(AnyChildRef::new(Arc::clone(body.slot())))
    }
}

/// Returns the address of the task at this path below the root.
async fn address_at<Q: Send + 'static>(
    root: Arc<Node>,
    path: &str,
) -> Result<ChildRef<Q>, LookupError> {
    match find(root, path).await? {
        Body::Supervisor { slot, .. } => Err(LookupError::IsSupervisor(slot.core().path())),
        Body::Task { slot, .. } => typed(slot),
    }
}

/// Returns the node of the supervisor that owns a child.
pub(crate) fn node_of(owner: Option<Arc<dyn Owner>>) -> Option<Arc<Node>> {
    let any: Arc<dyn Any + Send + Sync> = owner?;
    any.downcast().ok()
}

/// Returns the address of a task whose message type is `Q`.
fn typed<Q: Send + 'static>(slot: Arc<dyn AnySlot>) -> Result<ChildRef<Q>, LookupError> {
    let actual = slot.message_type();
    let child = AnyChildRef::new(slot);
    child.downcast().ok_or_else(|| LookupError::WrongMessage {
        path: child.path(),
        wanted: type_name::<Q>(),
        actual,
    })
}

/// Finds a child by its path, going down from the root through one supervisor after the other.
pub(crate) async fn find(root: Arc<Node>, path: &str) -> Result<Body, LookupError> {
    let mut node = root;
    let mut names = path.split('/').peekable();
    let mut passed = ChildPath::root();
    while let Some(name) = names.next() {
        let name = Name::parse(name);
        passed = passed.join(&name);
        let found = child_of(&node, name).await;
        match found {
            Some(body) if names.peek().is_none() => return Ok(body),
            Some(Body::Supervisor { node: below, .. }) => node = below,
            Some(Body::Task { .. }) => {
                // There is nothing below a worker.
                if let Some(next) = names.next() {
                    passed = passed.join(&Name::parse(next));
                }
                break;
            }
            None => break,
        }
    }
    Err(LookupError::NotFound(passed))
}

/// Returns a supervisor's child of this name: from the running life, or from the declaration if no
/// life runs.
async fn child_of(node: &Arc<Node>, name: Name) -> Option<Body> {
    let asked = name.clone();
    let supervisor = Supervisor::observing(Arc::clone(node));
    let running = supervisor.query(move |run| {
        let key = run.engine.find(&asked)?;
        Some(run.engine.child(key)?.data.body.clone())
    });
    if let Ok(found) = running.await {
        return found;
    }
    let declared = node.declared();
    declared
        .iter()
        .find(|child| child.body.slot().core().name() == &name)
        .map(|child| child.body.clone())
}
