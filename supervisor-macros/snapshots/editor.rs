const _: () = {
    #[allow(unused)]
    fn words(config: &Config) {
        {
            use ::supervisor::__private::editor::strategies::*;
            let _: one_for_all;
        }
        let _ = ::supervisor::__private::editor::root::max_restarts;
        {
            use ::supervisor::__private::editor::values::max_restarts::*;
            let _ = 5;
        }
        let db = {
            {
                use ::supervisor::__private::editor::words::*;
                let _: Database;
            }
            let _ = ::supervisor::__private::editor::typed::shutdown;
            {
                use ::supervisor::__private::editor::values::shutdown::*;
                let _ = runtime(config.stop);
            }
            let _: <Database as ::supervisor::Child>::Recipe = Database::new(
                &config.url,
            );
            ::supervisor::__private::broken::<
                <Database as ::supervisor::Child>::Handle,
            >()
        };
        let sub = {
            {
                use ::supervisor::__private::editor::words::*;
                let _: one_for_one;
            }
            let worker = {
                {
                    use ::supervisor::__private::editor::words::*;
                    let _: Always;
                }
                ::supervisor::__private::editor::task(|ctx| run(ctx, db.clone()));
                ::supervisor::__private::broken::<::supervisor::ChildRef<()>>()
            };
            let mailer = {
                {
                    use ::supervisor::__private::editor::words::*;
                    let _: Transient<Mailer>;
                }
                let _ = ::supervisor::__private::editor::typed::start;
                {
                    use ::supervisor::__private::editor::values::start::*;
                    let _ = notify;
                }
                let _: <Mailer as ::supervisor::Child>::Recipe = Mailer::new(db);
                ::supervisor::__private::broken::<
                    <Mailer as ::supervisor::Child>::Handle,
                >()
            };
            ::supervisor::__private::broken::<ShopSub>()
        };
        let sessions = {
            {
                use ::supervisor::__private::editor::words::*;
                let _: simple_one_for_one;
            }
            let session = {
                {
                    use ::supervisor::__private::editor::words::*;
                    let _: Temporary<Session>;
                }
                ::supervisor::__private::broken::<
                    <Session as ::supervisor::Child>::Handle,
                >()
            };
            ::supervisor::__private::broken::<
                ::supervisor::Pool<Session, ::supervisor::pool::PerWorker>,
            >()
        };
        let billing = {
            {
                use ::supervisor::__private::editor::words::*;
                let _: one_for_one;
            }
            let _ = ::supervisor::__private::editor::supervisor::lease;
            {
                use ::supervisor::__private::editor::values::lease::*;
                let _ = "billing";
            }
            let _ = ::supervisor::__private::editor::supervisor::ttl;
            {
                use ::supervisor::__private::editor::values::ttl::*;
                let _ = 30s;
            }
            {
                let _ = ::supervisor::__private::editor::engine::with;
                let _ = config.leases();
            }
            let cron = {
                let fence = ::supervisor::__private::broken::<
                    ::supervisor::lease::Fence,
                >();
                {
                    use ::supervisor::__private::editor::words::*;
                    let _: Always;
                }
                ::supervisor::__private::editor::task(|ctx| cron(ctx, fence.clone()));
                ::supervisor::__private::broken::<::supervisor::ChildRef<()>>()
            };
            ::supervisor::__private::broken::<ShopBilling>()
        };
    }
};
///The handle of the tree `Shop`.
///
///```text
///Shop: one_for_all (max_restarts = 5)
///├── db: Database (shutdown = runtime(config.stop))
///├── sub: one_for_one
///│   ├── worker: Always
///│   └── mailer: Transient<Mailer> (start = notify)
///├── sessions: simple_one_for_one
///│   └── session: Temporary<Session>
///└── billing: one_for_one (lease = "billing", ttl = 30s) with config.leases()
///    └── cron: Always
///```
#[must_use = "a tree shuts down when its last handle is dropped"]
#[derive(::core::clone::Clone)]
pub struct Shop {
    __supervisor: ::supervisor::__private::Hidden<::supervisor::Supervisor>,
    __db: ::supervisor::__private::ErasedHandle<Database>,
    __sub: ::supervisor::__private::Hidden<ShopSub>,
    __sessions: ::supervisor::__private::Hidden<
        ::supervisor::Pool<Session, ::supervisor::pool::PerWorker>,
    >,
    __billing: ::supervisor::__private::Hidden<ShopBilling>,
}
#[automatically_derived]
#[allow(dead_code, private_interfaces, reason = "a program need not use all of it")]
impl Shop {
    /// Returns the supervisor itself.
    #[must_use]
    pub fn supervisor(&self) -> &::supervisor::Supervisor {
        self.__supervisor.get()
    }
    ///Returns the child `db`: `Database (shutdown = runtime(config.stop))`.
    #[must_use]
    pub fn db(&self) -> &<Database as ::supervisor::Child>::Handle {
        self.__db.get()
    }
    ///Returns the supervisor `sub`: `one_for_one`.
    #[must_use]
    pub fn sub(&self) -> &ShopSub {
        self.__sub.get()
    }
    ///Returns the pool `sessions`: `simple_one_for_one`.
    #[must_use]
    pub fn sessions(
        &self,
    ) -> &::supervisor::Pool<Session, ::supervisor::pool::PerWorker> {
        self.__sessions.get()
    }
    ///Returns the supervisor `billing`: `one_for_one (lease = "billing", ttl = 30s) with config.leases()`. Its children run in the replica that holds the lease, and are on standby in the others.
    #[must_use]
    pub fn billing(&self) -> &ShopBilling {
        self.__billing.get()
    }
}
#[automatically_derived]
impl ::core::convert::AsRef<::supervisor::Supervisor> for Shop {
    fn as_ref(&self) -> &::supervisor::Supervisor {
        self.supervisor()
    }
}
#[automatically_derived]
impl ::core::ops::Deref for Shop {
    type Target = ::supervisor::Supervisor;
    fn deref(&self) -> &::supervisor::Supervisor {
        self.supervisor()
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for Shop {
    fn fmt(&self, __formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        __formatter
            .debug_struct("Shop")
            .field("supervisor", self.supervisor())
            .finish_non_exhaustive()
    }
}
#[automatically_derived]
#[allow(dead_code, reason = "a program need not use all of it")]
impl Shop {
    /// The worst-case time of a graceful shutdown; `None` if it has no bound.
    pub const SHUTDOWN_BUDGET: ::core::option::Option<::core::time::Duration> = ::supervisor::__private::shutdown_budget::<
        Self,
    >();
    /// The worst-case time of a start; `None` if it has no bound. A child that does not
    /// report that it is up takes no time.
    pub const START_BUDGET: ::core::option::Option<::core::time::Duration> = ::supervisor::__private::start_budget::<
        Self,
    >();
    /// The number of children that the tree declares, at all levels.
    pub const CHILDREN: ::core::primitive::usize = ::supervisor::__private::children::<
        Self,
    >();
    ///Creates a `Shop` that is not started, such as the child of another tree.
    #[doc(alias = "new", alias = "build", alias = "default", alias = "create")]
    #[allow(
        clippy::let_and_return,
        clippy::many_single_char_names,
        clippy::needless_pass_by_value,
        clippy::self_named_constructors,
        clippy::similar_names,
        clippy::too_many_arguments,
        clippy::too_many_lines,
        reason = "the shape of this function is the tree's"
    )]
    #[allow(unused_variables)]
    pub fn tree(config: &Config) -> ::supervisor::Tree<Self> {
        ::supervisor::__private::broken()
    }
    ///Starts the tree, and returns the `Shop` when all its children have started.
    #[doc(alias = "run", alias = "spawn", alias = "start_link", alias = "launch")]
    #[allow(
        clippy::let_and_return,
        clippy::many_single_char_names,
        clippy::needless_pass_by_value,
        clippy::self_named_constructors,
        clippy::similar_names,
        clippy::too_many_arguments,
        clippy::too_many_lines,
        reason = "the shape of this function is the tree's"
    )]
    pub fn start(config: &Config) -> ::supervisor::futures::Starting<Self> {
        ::supervisor::__private::broken()
    }
    /// Returns the tree as a Mermaid flowchart.
    #[must_use]
    pub fn diagram() -> ::std::string::String {
        ::supervisor::__private::diagram::<Self>()
    }
    /// Returns the numbers with which the tree is deployed: its times, for Kubernetes and
    /// systemd.
    ///
    /// # Errors
    ///
    /// If the compiler knows no bound of the times; the error names the child.
    pub fn deployment() -> ::core::result::Result<
        ::supervisor::deployment::Deployment,
        ::supervisor::deployment::UnboundedTime,
    > {
        ::supervisor::__private::deployment::<Self>()
    }
}
#[automatically_derived]
impl ::supervisor::Child for Shop {
    type Recipe = ::supervisor::Tree<Self>;
    type Handle = Self;
    const OPTIONS: ::supervisor::ChildOptions = ::supervisor::ChildOptions::new();
    fn spec(
        name: &::core::primitive::str,
        recipe: ::supervisor::Tree<Self>,
    ) -> ::supervisor::ChildSpec<::supervisor::specs::Ready<Self>> {
        recipe.into_spec(name)
    }
}
#[automatically_derived]
impl ::supervisor::bounds::ChildHandle for Shop {
    const DESCRIPTOR: ::core::option::Option<
        &'static ::supervisor::__private::TreeDescriptor,
    > = ::core::option::Option::None;
}
///The handle of the supervisor `sub` and its children.
#[allow(
    clippy::module_name_repetitions,
    clippy::struct_field_names,
    unreachable_pub,
    reason = "the names are the tree's"
)]
#[derive(::core::clone::Clone)]
pub struct ShopSub {
    __supervisor: ::supervisor::__private::Hidden<::supervisor::Supervisor>,
    __worker: ::supervisor::__private::Hidden<::supervisor::ChildRef<()>>,
    __mailer: ::supervisor::__private::ErasedHandle<Mailer>,
}
#[automatically_derived]
#[allow(dead_code, private_interfaces, reason = "a program need not use all of it")]
impl ShopSub {
    /// Returns the supervisor itself.
    #[must_use]
    pub fn supervisor(&self) -> &::supervisor::Supervisor {
        self.__supervisor.get()
    }
    ///Returns the address of the task `worker`: `Always`.
    #[must_use]
    pub fn worker(&self) -> &::supervisor::ChildRef<()> {
        self.__worker.get()
    }
    ///Returns the child `mailer`: `Transient<Mailer> (start = notify)`.
    #[must_use]
    pub fn mailer(&self) -> &<Mailer as ::supervisor::Child>::Handle {
        self.__mailer.get()
    }
}
#[automatically_derived]
impl ::core::convert::AsRef<::supervisor::Supervisor> for ShopSub {
    fn as_ref(&self) -> &::supervisor::Supervisor {
        self.supervisor()
    }
}
#[automatically_derived]
impl ::core::ops::Deref for ShopSub {
    type Target = ::supervisor::Supervisor;
    fn deref(&self) -> &::supervisor::Supervisor {
        self.supervisor()
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for ShopSub {
    fn fmt(&self, __formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        __formatter
            .debug_struct("ShopSub")
            .field("supervisor", self.supervisor())
            .finish_non_exhaustive()
    }
}
///The handle of the supervisor `billing` and its children.
#[allow(
    clippy::module_name_repetitions,
    clippy::struct_field_names,
    unreachable_pub,
    reason = "the names are the tree's"
)]
#[derive(::core::clone::Clone)]
pub struct ShopBilling {
    __supervisor: ::supervisor::__private::Hidden<::supervisor::Supervisor>,
    __cron: ::supervisor::__private::Hidden<::supervisor::ChildRef<()>>,
}
#[automatically_derived]
#[allow(dead_code, private_interfaces, reason = "a program need not use all of it")]
impl ShopBilling {
    /// Returns the supervisor itself.
    #[must_use]
    pub fn supervisor(&self) -> &::supervisor::Supervisor {
        self.__supervisor.get()
    }
    ///Returns the address of the task `cron`: `Always`.
    #[must_use]
    pub fn cron(&self) -> &::supervisor::ChildRef<()> {
        self.__cron.get()
    }
}
#[automatically_derived]
impl ::core::convert::AsRef<::supervisor::Supervisor> for ShopBilling {
    fn as_ref(&self) -> &::supervisor::Supervisor {
        self.supervisor()
    }
}
#[automatically_derived]
impl ::core::ops::Deref for ShopBilling {
    type Target = ::supervisor::Supervisor;
    fn deref(&self) -> &::supervisor::Supervisor {
        self.supervisor()
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for ShopBilling {
    fn fmt(&self, __formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        __formatter
            .debug_struct("ShopBilling")
            .field("supervisor", self.supervisor())
            .finish_non_exhaustive()
    }
}
