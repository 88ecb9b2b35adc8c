macro_rules! a_tree_with_a_name_is_an_item__declare_it_before_and_write_Shop_tree_here {
    () => {};
}
#[doc(hidden)]
#[allow(dead_code, non_upper_case_globals, reason = "it has the name of the tree")]
pub const Shop: ::supervisor::__private::NameOf<Shop> = ::supervisor::__private::NameOf::VALUE;
/// The shop's services.
///
///```text
///Shop: one_for_all (max_restarts = 5, restart_window = 60s, shutdown_within = 30s)
///├── db: Database
///├── sub: one_for_one
///│   ├── worker: Always
///│   └── mailer: Transient<Mailer> (backoff = 100ms..30s)
///└── sessions: simple_one_for_one (max_children = 10_000)
///    └── session: Temporary<Session>
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
}
#[automatically_derived]
#[allow(dead_code, private_interfaces, reason = "a program need not use all of it")]
impl Shop {
    /// Returns the supervisor itself.
    #[must_use]
    pub fn supervisor(&self) -> &::supervisor::Supervisor {
        self.__supervisor.get()
    }
    ///Returns the child `db`: `Database`.
    #[must_use]
    pub fn db(&self) -> &<Database as ::supervisor::Child>::Handle {
        self.__db.get()
    }
    ///Returns the supervisor `sub`: `one_for_one`.
    #[must_use]
    pub fn sub(&self) -> &ShopSub {
        self.__sub.get()
    }
    ///Returns the pool `sessions`: `simple_one_for_one (max_children = 10_000)`.
    #[must_use]
    pub fn sessions(
        &self,
    ) -> &::supervisor::Pool<Session, ::supervisor::pool::PerWorker> {
        self.__sessions.get()
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
    pub fn tree(config: &Config) -> ::supervisor::Tree<Self> {
        let __task_worker = worker;
        let __builder = ::supervisor::Supervisor::new()
            .with_name("Shop")
            .with_strategy(::supervisor::SupervisionStrategy::OneForAll)
            .with_max_restarts(::supervisor::MaxRestarts::AtMost(5u32))
            .with_restart_window(::core::time::Duration::from_secs(60u64));
        let __spec = {
            let __recipe: <Database as ::supervisor::Child>::Recipe = Database::new(
                &config.url,
            );
            <Database as ::supervisor::Child>::declared_spec("db", __recipe)
        };
        let db = __spec.handle();
        let __builder = __builder.with_child(__spec);
        let sub = {
            let __builder = ::supervisor::Supervisor::new()
                .with_strategy(::supervisor::SupervisionStrategy::OneForOne);
            let __spec = {
                let __spec = ::supervisor::ChildSpec::new("worker")
                    .with_restart_policy(::supervisor::RestartPolicy::Always);
                __spec.with_task(__task_worker)
            };
            let worker = __spec.handle();
            let __builder = __builder.with_child(__spec);
            let __spec = {
                let db = ::core::clone::Clone::clone(&db);
                let __recipe: <Mailer as ::supervisor::Child>::Recipe = Mailer::new(db);
                <Mailer as ::supervisor::Child>::declared_spec("mailer", __recipe)
            }
                .with_restart_policy(::supervisor::RestartPolicy::Transient)
                .with_backoff(
                    ::supervisor::Backoff::new(
                        ::core::time::Duration::from_millis(100u64),
                        ::core::time::Duration::from_secs(30u64),
                    ),
                );
            let mailer = __spec.handle();
            let __builder = __builder.with_child(__spec);
            let __supervisor = __builder.build();
            ShopSub {
                __supervisor: ::supervisor::__private::Hidden::new(__supervisor),
                __worker: ::supervisor::__private::Hidden::new(worker),
                __mailer: <Mailer as ::supervisor::Child>::erase(mailer),
            }
        };
        let __builder = __builder
            .with_child(
                ::supervisor::ChildSpec::new("sub")
                    .with_supervisor(::core::clone::Clone::clone(sub.supervisor())),
            );
        let sessions = {
            let __pool = <Session as ::supervisor::Child>::pool(
                ::supervisor::Supervisor::new()
                    .with_strategy(::supervisor::SupervisionStrategy::SimpleOneForOne)
                    .with_max_children(10000usize),
                <Session as ::supervisor::Child>::template("session")
                    .with_restart_policy(::supervisor::RestartPolicy::Temporary),
            );
            __pool
        };
        let __builder = __builder
            .with_child(
                ::supervisor::ChildSpec::new("sessions")
                    .with_supervisor(::core::clone::Clone::clone(sessions.supervisor())),
            );
        let __supervisor = __builder.build();
        ::supervisor::Tree::new(
            ::core::clone::Clone::clone(&__supervisor),
            Shop {
                __supervisor: ::supervisor::__private::Hidden::new(__supervisor),
                __db: <Database as ::supervisor::Child>::erase(db),
                __sub: ::supervisor::__private::Hidden::new(sub),
                __sessions: ::supervisor::__private::Hidden::new(sessions),
            },
        )
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
        Self::tree(config).start()
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
    > = ::core::option::Option::Some(
        &::supervisor::__private::TreeDescriptor::supervisor(
            "Shop",
            ::supervisor::ChildOptions::new(),
            ::supervisor::__private::SupervisorOptions::new(
                    ::supervisor::SupervisionStrategy::OneForAll,
                )
                .with_max_restarts(::supervisor::MaxRestarts::AtMost(5u32))
                .with_restart_window(::core::time::Duration::from_secs(60u64)),
            const {
                &[
                    ::supervisor::__private::TreeDescriptor::typed(
                        "db",
                        "Database",
                        <Database as ::supervisor::Child>::OPTIONS,
                        <Database as ::supervisor::Child>::DESCRIPTOR,
                    ),
                    ::supervisor::__private::TreeDescriptor::supervisor(
                        "sub",
                        ::supervisor::ChildOptions::new(),
                        ::supervisor::__private::SupervisorOptions::new(
                            ::supervisor::SupervisionStrategy::OneForOne,
                        ),
                        const {
                            &[
                                ::supervisor::__private::TreeDescriptor::task(
                                    "worker",
                                    ::supervisor::ChildOptions::new()
                                        .with_restart_policy(::supervisor::RestartPolicy::Always),
                                ),
                                ::supervisor::__private::TreeDescriptor::typed(
                                    "mailer",
                                    "Mailer",
                                    ::supervisor::ChildOptions::new()
                                        .with_restart_policy(::supervisor::RestartPolicy::Transient)
                                        .with_backoff(
                                            ::supervisor::Backoff::new(
                                                ::core::time::Duration::from_millis(100u64),
                                                ::core::time::Duration::from_secs(30u64),
                                            ),
                                        )
                                        .or(<Mailer as ::supervisor::Child>::OPTIONS),
                                    <Mailer as ::supervisor::Child>::DESCRIPTOR,
                                ),
                            ]
                        },
                    ),
                    ::supervisor::__private::TreeDescriptor::supervisor(
                        "sessions",
                        ::supervisor::ChildOptions::new(),
                        ::supervisor::__private::SupervisorOptions::new(
                            ::supervisor::SupervisionStrategy::SimpleOneForOne,
                        ),
                        const {
                            &[
                                ::supervisor::__private::TreeDescriptor::typed(
                                    "session",
                                    "Session",
                                    ::supervisor::ChildOptions::new()
                                        .with_restart_policy(::supervisor::RestartPolicy::Temporary)
                                        .or(<Session as ::supervisor::Child>::OPTIONS),
                                    <Session as ::supervisor::Child>::DESCRIPTOR,
                                ),
                            ]
                        },
                    ),
                ]
            },
        ),
    );
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
    ///Returns the child `mailer`: `Transient<Mailer> (backoff = 100ms..30s)`.
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
const _: () = {
    let __supervisor = ::supervisor::__private::descriptor::<Shop>().at(&[]);
    __supervisor.check_supervisor(::core::option::Option::None)
};
const _: () = {
    let __child = ::supervisor::__private::TreeDescriptor::typed(
        "db",
        "Database",
        <Database as ::supervisor::Child>::OPTIONS,
        <Database as ::supervisor::Child>::DESCRIPTOR,
    );
    let __supervisor = ::supervisor::__private::SupervisorOptions::new(
            ::supervisor::SupervisionStrategy::OneForAll,
        )
        .with_max_restarts(::supervisor::MaxRestarts::AtMost(5u32))
        .with_restart_window(::core::time::Duration::from_secs(60u64));
    __child.check(&__supervisor)
};
const _: () = {
    let __child = ::supervisor::__private::TreeDescriptor::typed(
        "mailer",
        "Mailer",
        ::supervisor::ChildOptions::new()
            .with_restart_policy(::supervisor::RestartPolicy::Transient)
            .with_backoff(
                ::supervisor::Backoff::new(
                    ::core::time::Duration::from_millis(100u64),
                    ::core::time::Duration::from_secs(30u64),
                ),
            )
            .or(<Mailer as ::supervisor::Child>::OPTIONS),
        <Mailer as ::supervisor::Child>::DESCRIPTOR,
    );
    let __supervisor = ::supervisor::__private::SupervisorOptions::new(
        ::supervisor::SupervisionStrategy::OneForOne,
    );
    __child.check(&__supervisor)
};
const _: () = {
    let __child = ::supervisor::__private::TreeDescriptor::typed(
        "session",
        "Session",
        ::supervisor::ChildOptions::new()
            .with_restart_policy(::supervisor::RestartPolicy::Temporary)
            .or(<Session as ::supervisor::Child>::OPTIONS),
        <Session as ::supervisor::Child>::DESCRIPTOR,
    );
    let __supervisor = ::supervisor::__private::SupervisorOptions::new(
        ::supervisor::SupervisionStrategy::SimpleOneForOne,
    );
    __child.check(&__supervisor)
};
const _: () = {
    let __tree = ::supervisor::__private::descriptor::<Shop>();
    __tree.check_budget(::core::time::Duration::from_secs(30u64))
};
