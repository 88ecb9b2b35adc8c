macro_rules! a_tree_with_a_name_is_an_item__declare_it_before_and_write_Shop_tree_here {
    () => {};
}
#[doc(hidden)]
#[allow(dead_code, non_upper_case_globals, reason = "it has the name of the tree")]
const Shop: ::supervisor::__private::NameOf<Shop> = ::supervisor::__private::NameOf::VALUE;
///The handle of the tree `Shop`.
///
///```text
///Shop: one_for_one
///├── db: Database
///├── billing: one_for_all (lease = "billing", ttl = TTL, renew = 5s, shutdown = 10s, backoff = 1s) with leases
///│   ├── ledger: Ledger
///│   └── cron: Always
///└── mails: one_for_one (lease = runtime(config.name), ttl = runtime(ttl)) with db.leases()
///    └── cron: Always
///```
#[must_use = "a tree shuts down when its last handle is dropped"]
#[derive(::core::clone::Clone)]
struct Shop {
    __supervisor: ::supervisor::__private::Hidden<::supervisor::Supervisor>,
    __db: ::supervisor::__private::ErasedHandle<Database>,
    __billing: ::supervisor::__private::Hidden<ShopBilling>,
    __mails: ::supervisor::__private::Hidden<ShopMails>,
}
#[automatically_derived]
#[allow(dead_code, private_interfaces, reason = "a program need not use all of it")]
impl Shop {
    /// Returns the supervisor itself.
    #[must_use]
    fn supervisor(&self) -> &::supervisor::Supervisor {
        self.__supervisor.get()
    }
    ///Returns the child `db`: `Database`.
    #[must_use]
    fn db(&self) -> &<Database as ::supervisor::Child>::Handle {
        self.__db.get()
    }
    ///Returns the supervisor `billing`: `one_for_all (lease = "billing", ttl = TTL, renew = 5s, shutdown = 10s, backoff = 1s) with leases`. Its children run in the replica that holds the lease, and are on standby in the others.
    #[must_use]
    fn billing(&self) -> &ShopBilling {
        self.__billing.get()
    }
    ///Returns the supervisor `mails`: `one_for_one (lease = runtime(config.name), ttl = runtime(ttl)) with db.leases()`. Its children run in the replica that holds the lease, and are on standby in the others. Whether the lease outlives their stop is checked when the tree starts.
    #[must_use]
    fn mails(&self) -> &ShopMails {
        self.__mails.get()
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
    const SHUTDOWN_BUDGET: ::core::option::Option<::core::time::Duration> = ::supervisor::__private::shutdown_budget::<
        Self,
    >();
    /// The worst-case time of a start; `None` if it has no bound. A child that does not
    /// report that it is up takes no time.
    const START_BUDGET: ::core::option::Option<::core::time::Duration> = ::supervisor::__private::start_budget::<
        Self,
    >();
    /// The number of children that the tree declares, at all levels.
    const CHILDREN: ::core::primitive::usize = ::supervisor::__private::children::<
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
    fn tree(leases: &PgLeases) -> ::supervisor::Tree<Self> {
        let __task_cron = cron;
        let __builder = ::supervisor::Supervisor::new()
            .with_name("Shop")
            .with_strategy(::supervisor::SupervisionStrategy::OneForOne);
        let __spec = {
            let __recipe: <Database as ::supervisor::Child>::Recipe = <_ as ::supervisor::bounds::DefaultRecipe<
                Database,
            >>::default_recipe();
            <Database as ::supervisor::Child>::declared_spec("db", __recipe)
        };
        let db = __spec.handle();
        let __builder = __builder.with_child(__spec);
        let billing = {
            #[allow(clippy::clone_on_copy, reason = "an engine need not be `Copy`")]
            let __singleton = ::supervisor::lease::Singleton::new(
                    "billing",
                    leases.clone(),
                )
                .with_ttl(const {
                    let __value: ::core::time::Duration = TTL;
                    __value
                })
                .with_renew(::core::time::Duration::from_secs(5u64))
                .with_shutdown(
                    ::supervisor::Shutdown::Timeout(
                        ::core::time::Duration::from_secs(10u64),
                    ),
                );
            let __fence = __singleton.fence();
            let __builder = ::supervisor::Supervisor::new()
                .with_strategy(::supervisor::SupervisionStrategy::OneForAll);
            let __spec = {
                let fence = ::core::clone::Clone::clone(&__fence);
                let db = ::core::clone::Clone::clone(&db);
                let __recipe: <Ledger as ::supervisor::Child>::Recipe = Ledger {
                    db,
                    fence,
                };
                <Ledger as ::supervisor::Child>::declared_spec("ledger", __recipe)
            };
            let ledger = __spec.handle();
            let __builder = __builder.with_child(__spec);
            let __spec = {
                let fence = ::core::clone::Clone::clone(&__fence);
                let ledger = ::core::clone::Clone::clone(&ledger);
                let __spec = ::supervisor::ChildSpec::new("cron")
                    .with_restart_policy(::supervisor::RestartPolicy::Always);
                __spec.with_task(move |ctx| cron(ctx, fence.clone(), ledger.clone()))
            };
            let cron = __spec.handle();
            let __builder = __builder.with_child(__spec);
            let __supervisor = __singleton.build_children(__builder);
            ShopBilling {
                __supervisor: ::supervisor::__private::Hidden::new(__supervisor),
                __ledger: <Ledger as ::supervisor::Child>::erase(ledger),
                __cron: ::supervisor::__private::Hidden::new(cron),
            }
        };
        let __builder = __builder
            .with_child(
                ::supervisor::ChildSpec::new("billing")
                    .with_backoff(
                        ::supervisor::Backoff::constant(
                            ::core::time::Duration::from_secs(1u64),
                        ),
                    )
                    .with_supervisor(::core::clone::Clone::clone(billing.supervisor())),
            );
        let mails = {
            let __singleton = {
                let db = ::core::clone::Clone::clone(&db);
                let __engine = db.leases();
                ::supervisor::lease::Singleton::new(
                        ::core::convert::AsRef::<
                            ::core::primitive::str,
                        >::as_ref(&config.name),
                        __engine,
                    )
                    .with_ttl(ttl)
            };
            let __builder = ::supervisor::Supervisor::new()
                .with_strategy(::supervisor::SupervisionStrategy::OneForOne);
            let __spec = {
                let __spec = ::supervisor::ChildSpec::new("cron")
                    .with_restart_policy(::supervisor::RestartPolicy::Always);
                __spec.with_task(__task_cron)
            };
            let cron = __spec.handle();
            let __builder = __builder.with_child(__spec);
            let __supervisor = __singleton.build_children(__builder);
            ShopMails {
                __supervisor: ::supervisor::__private::Hidden::new(__supervisor),
                __cron: ::supervisor::__private::Hidden::new(cron),
            }
        };
        let __builder = __builder
            .with_child(
                ::supervisor::ChildSpec::new("mails")
                    .with_supervisor(::core::clone::Clone::clone(mails.supervisor())),
            );
        let __supervisor = __builder.build();
        ::supervisor::Tree::new(
            ::core::clone::Clone::clone(&__supervisor),
            Shop {
                __supervisor: ::supervisor::__private::Hidden::new(__supervisor),
                __db: <Database as ::supervisor::Child>::erase(db),
                __billing: ::supervisor::__private::Hidden::new(billing),
                __mails: ::supervisor::__private::Hidden::new(mails),
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
    fn start(leases: &PgLeases) -> ::supervisor::futures::Starting<Self> {
        Self::tree(leases).start()
    }
    /// Returns the tree as a Mermaid flowchart.
    #[must_use]
    fn diagram() -> ::std::string::String {
        ::supervisor::__private::diagram::<Self>()
    }
    /// Returns the numbers with which the tree is deployed: its times, for Kubernetes and
    /// systemd.
    ///
    /// # Errors
    ///
    /// If the compiler knows no bound of the times; the error names the child.
    fn deployment() -> ::core::result::Result<
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
                ::supervisor::SupervisionStrategy::OneForOne,
            ),
            const {
                &[
                    ::supervisor::__private::TreeDescriptor::typed(
                        "db",
                        "Database",
                        <Database as ::supervisor::Child>::OPTIONS,
                        <Database as ::supervisor::Child>::DESCRIPTOR,
                    ),
                    ::supervisor::__private::TreeDescriptor::singleton(
                        "billing",
                        ::supervisor::ChildOptions::new()
                            .with_backoff(
                                ::supervisor::Backoff::constant(
                                    ::core::time::Duration::from_secs(1u64),
                                ),
                            ),
                        ::supervisor::__private::LeaseOptions::new(
                                ::core::option::Option::Some("billing"),
                            )
                            .with_ttl(const {
                                let __value: ::core::time::Duration = TTL;
                                __value
                            })
                            .with_renew(::core::time::Duration::from_secs(5u64)),
                        const {
                            &::supervisor::__private::TreeDescriptor::leased(
                                ::supervisor::__private::TreeDescriptor::supervisor(
                                    "",
                                    ::supervisor::ChildOptions::new()
                                        .with_shutdown(
                                            ::supervisor::Shutdown::Timeout(
                                                ::core::time::Duration::from_secs(10u64),
                                            ),
                                        ),
                                    ::supervisor::__private::SupervisorOptions::new(
                                        ::supervisor::SupervisionStrategy::OneForAll,
                                    ),
                                    const {
                                        &[
                                            ::supervisor::__private::TreeDescriptor::typed(
                                                "ledger",
                                                "Ledger",
                                                <Ledger as ::supervisor::Child>::OPTIONS,
                                                <Ledger as ::supervisor::Child>::DESCRIPTOR,
                                            ),
                                            ::supervisor::__private::TreeDescriptor::task(
                                                "cron",
                                                ::supervisor::ChildOptions::new()
                                                    .with_restart_policy(::supervisor::RestartPolicy::Always),
                                            ),
                                        ]
                                    },
                                ),
                            )
                        },
                    ),
                    ::supervisor::__private::TreeDescriptor::singleton(
                        "mails",
                        ::supervisor::ChildOptions::new(),
                        ::supervisor::__private::LeaseOptions::new(
                                ::core::option::Option::None,
                            )
                            .with_unknown_ttl(),
                        const {
                            &::supervisor::__private::TreeDescriptor::leased(
                                ::supervisor::__private::TreeDescriptor::supervisor(
                                    "",
                                    ::supervisor::ChildOptions::new(),
                                    ::supervisor::__private::SupervisorOptions::new(
                                        ::supervisor::SupervisionStrategy::OneForOne,
                                    ),
                                    const {
                                        &[
                                            ::supervisor::__private::TreeDescriptor::task(
                                                "cron",
                                                ::supervisor::ChildOptions::new()
                                                    .with_restart_policy(::supervisor::RestartPolicy::Always),
                                            ),
                                        ]
                                    },
                                ),
                            )
                        },
                    ),
                ]
            },
        ),
    );
}
///The handle of the supervisor `billing` and its children.
#[allow(
    clippy::module_name_repetitions,
    clippy::struct_field_names,
    unreachable_pub,
    reason = "the names are the tree's"
)]
#[derive(::core::clone::Clone)]
struct ShopBilling {
    __supervisor: ::supervisor::__private::Hidden<::supervisor::Supervisor>,
    __ledger: ::supervisor::__private::ErasedHandle<Ledger>,
    __cron: ::supervisor::__private::Hidden<::supervisor::ChildRef<()>>,
}
#[automatically_derived]
#[allow(dead_code, private_interfaces, reason = "a program need not use all of it")]
impl ShopBilling {
    /// Returns the supervisor itself.
    #[must_use]
    fn supervisor(&self) -> &::supervisor::Supervisor {
        self.__supervisor.get()
    }
    ///Returns the child `ledger`: `Ledger`.
    #[must_use]
    fn ledger(&self) -> &<Ledger as ::supervisor::Child>::Handle {
        self.__ledger.get()
    }
    ///Returns the address of the task `cron`: `Always`.
    #[must_use]
    fn cron(&self) -> &::supervisor::ChildRef<()> {
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
///The handle of the supervisor `mails` and its children.
#[allow(
    clippy::module_name_repetitions,
    clippy::struct_field_names,
    unreachable_pub,
    reason = "the names are the tree's"
)]
#[derive(::core::clone::Clone)]
struct ShopMails {
    __supervisor: ::supervisor::__private::Hidden<::supervisor::Supervisor>,
    __cron: ::supervisor::__private::Hidden<::supervisor::ChildRef<()>>,
}
#[automatically_derived]
#[allow(dead_code, private_interfaces, reason = "a program need not use all of it")]
impl ShopMails {
    /// Returns the supervisor itself.
    #[must_use]
    fn supervisor(&self) -> &::supervisor::Supervisor {
        self.__supervisor.get()
    }
    ///Returns the address of the task `cron`: `Always`.
    #[must_use]
    fn cron(&self) -> &::supervisor::ChildRef<()> {
        self.__cron.get()
    }
}
#[automatically_derived]
impl ::core::convert::AsRef<::supervisor::Supervisor> for ShopMails {
    fn as_ref(&self) -> &::supervisor::Supervisor {
        self.supervisor()
    }
}
#[automatically_derived]
impl ::core::ops::Deref for ShopMails {
    type Target = ::supervisor::Supervisor;
    fn deref(&self) -> &::supervisor::Supervisor {
        self.supervisor()
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for ShopMails {
    fn fmt(&self, __formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        __formatter
            .debug_struct("ShopMails")
            .field("supervisor", self.supervisor())
            .finish_non_exhaustive()
    }
}
const _: () = {
    let __child = ::supervisor::__private::TreeDescriptor::typed(
        "db",
        "Database",
        <Database as ::supervisor::Child>::OPTIONS,
        <Database as ::supervisor::Child>::DESCRIPTOR,
    );
    let __supervisor = ::supervisor::__private::SupervisorOptions::new(
        ::supervisor::SupervisionStrategy::OneForOne,
    );
    __child.check(&__supervisor)
};
const _: () = {
    let __child = ::supervisor::__private::TreeDescriptor::singleton(
        "billing",
        ::supervisor::ChildOptions::new()
            .with_backoff(
                ::supervisor::Backoff::constant(::core::time::Duration::from_secs(1u64)),
            ),
        ::supervisor::__private::LeaseOptions::new(
                ::core::option::Option::Some("billing"),
            )
            .with_ttl(const {
                let __value: ::core::time::Duration = TTL;
                __value
            })
            .with_renew(::core::time::Duration::from_secs(5u64)),
        const {
            &::supervisor::__private::TreeDescriptor::leased(
                ::supervisor::__private::TreeDescriptor::supervisor(
                    "",
                    ::supervisor::ChildOptions::new()
                        .with_shutdown(
                            ::supervisor::Shutdown::Timeout(
                                ::core::time::Duration::from_secs(10u64),
                            ),
                        ),
                    ::supervisor::__private::SupervisorOptions::new(
                        ::supervisor::SupervisionStrategy::OneForAll,
                    ),
                    const {
                        &[
                            ::supervisor::__private::TreeDescriptor::typed(
                                "ledger",
                                "Ledger",
                                <Ledger as ::supervisor::Child>::OPTIONS,
                                <Ledger as ::supervisor::Child>::DESCRIPTOR,
                            ),
                            ::supervisor::__private::TreeDescriptor::task(
                                "cron",
                                ::supervisor::ChildOptions::new()
                                    .with_restart_policy(::supervisor::RestartPolicy::Always),
                            ),
                        ]
                    },
                ),
            )
        },
    );
    let __supervisor = ::supervisor::__private::SupervisorOptions::new(
        ::supervisor::SupervisionStrategy::OneForOne,
    );
    __child.check(&__supervisor)
};
const _: () = {
    let __supervisor = ::supervisor::__private::descriptor::<Shop>().at(&[1usize]);
    __supervisor.check_lease()
};
const _: () = {
    let __supervisor = ::supervisor::__private::descriptor::<Shop>().at(&[1usize]);
    __supervisor.check_renew()
};
const _: () = {
    let __supervisor = ::supervisor::__private::descriptor::<Shop>()
        .at(&[1usize, 1usize]);
    __supervisor.check_supervisor(::core::option::Option::None)
};
const _: () = {
    let __child = ::supervisor::__private::TreeDescriptor::typed(
        "ledger",
        "Ledger",
        <Ledger as ::supervisor::Child>::OPTIONS,
        <Ledger as ::supervisor::Child>::DESCRIPTOR,
    );
    let __supervisor = ::supervisor::__private::SupervisorOptions::new(
        ::supervisor::SupervisionStrategy::OneForAll,
    );
    __child.check(&__supervisor)
};
const _: () = {
    let __supervisor = ::supervisor::__private::descriptor::<Shop>().at(&[2usize]);
    __supervisor.check_lease()
};
const _: () = {
    let __supervisor = ::supervisor::__private::descriptor::<Shop>().at(&[2usize]);
    __supervisor.check_renew()
};
