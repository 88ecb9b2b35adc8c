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
///└── jobs: one_for_one (lease = "jobs", shards = SHARDS, backoff = 1s) with leases
///    ├── store: Store
///    ├── work: Always
///    └── tidy: Always
///```
#[must_use = "a tree shuts down when its last handle is dropped"]
#[derive(::core::clone::Clone)]
struct Shop {
    __supervisor: ::supervisor::__private::Hidden<::supervisor::Supervisor>,
    __jobs: ::supervisor::__private::Hidden<::supervisor::lease::Sharded<ShopJobs>>,
}
#[automatically_derived]
#[allow(dead_code, private_interfaces, reason = "a program need not use all of it")]
impl Shop {
    /// Returns the supervisor itself.
    #[must_use]
    fn supervisor(&self) -> &::supervisor::Supervisor {
        self.__supervisor.get()
    }
    ///Returns the shards `jobs`: `one_for_one (lease = "jobs", shards = SHARDS, backoff = 1s) with leases`. Each shard runs in the replica that holds its lease, and is on standby in the others.
    #[must_use]
    fn jobs(&self) -> &::supervisor::lease::Sharded<ShopJobs> {
        self.__jobs.get()
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
        let __task_tidy = tidy;
        let __builder = ::supervisor::Supervisor::new()
            .with_name("Shop")
            .with_strategy(::supervisor::SupervisionStrategy::OneForOne);
        let jobs = {
            #[allow(clippy::clone_on_copy, reason = "an engine need not be `Copy`")]
            let __singleton = ::supervisor::lease::Singleton::new(
                "jobs",
                leases.clone(),
            );
            let mut __shards = __singleton
                .into_shards(const {
                    let __value: ::core::primitive::usize = SHARDS;
                    __value
                })
                .with_backoff(
                    ::supervisor::Backoff::constant(
                        ::core::time::Duration::from_secs(1u64),
                    ),
                );
            while let ::core::option::Option::Some((__shard, __singleton)) = __shards
                .next_shard()
            {
                let __fence = __singleton.fence();
                let __builder = ::supervisor::Supervisor::new()
                    .with_strategy(::supervisor::SupervisionStrategy::OneForOne);
                let __spec = {
                    let shard = __shard;
                    let __recipe: <Store as ::supervisor::Child>::Recipe = Store {
                        shard,
                    };
                    <Store as ::supervisor::Child>::declared_spec("store", __recipe)
                };
                let store = __spec.handle();
                let __builder = __builder.with_child(__spec);
                let __spec = {
                    let fence = ::core::clone::Clone::clone(&__fence);
                    let shard = __shard;
                    let store = ::core::clone::Clone::clone(&store);
                    let __spec = ::supervisor::ChildSpec::new("work")
                        .with_restart_policy(::supervisor::RestartPolicy::Always);
                    __spec
                        .with_task(move |ctx| work(
                            ctx,
                            shard,
                            fence.clone(),
                            store.clone(),
                        ))
                };
                let work = __spec.handle();
                let __builder = __builder.with_child(__spec);
                let __spec = {
                    let __spec = ::supervisor::ChildSpec::new("tidy")
                        .with_restart_policy(::supervisor::RestartPolicy::Always);
                    __spec.with_task(::core::clone::Clone::clone(&__task_tidy))
                };
                let tidy = __spec.handle();
                let __builder = __builder.with_child(__spec);
                let __supervisor = __singleton.build_children(__builder);
                __shards
                    .push(ShopJobs {
                        __supervisor: ::supervisor::__private::Hidden::new(__supervisor),
                        __store: <Store as ::supervisor::Child>::erase(store),
                        __work: ::supervisor::__private::Hidden::new(work),
                        __tidy: ::supervisor::__private::Hidden::new(tidy),
                    });
            }
            __shards.build()
        };
        let __builder = __builder
            .with_child(
                ::supervisor::ChildSpec::new("jobs")
                    .with_supervisor(::core::clone::Clone::clone(jobs.supervisor())),
            );
        let __supervisor = __builder.build();
        ::supervisor::Tree::new(
            ::core::clone::Clone::clone(&__supervisor),
            Shop {
                __supervisor: ::supervisor::__private::Hidden::new(__supervisor),
                __jobs: ::supervisor::__private::Hidden::new(jobs),
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
                    ::supervisor::__private::TreeDescriptor::sharded(
                        "jobs",
                        ::supervisor::ChildOptions::new(),
                        ::supervisor::__private::LeaseOptions::new(
                                ::core::option::Option::Some("jobs"),
                            )
                            .with_shards(const {
                                let __value: ::core::primitive::usize = SHARDS;
                                __value
                            }),
                        const {
                            &::supervisor::__private::TreeDescriptor::shards(
                                ::supervisor::ChildOptions::new()
                                    .with_backoff(
                                        ::supervisor::Backoff::constant(
                                            ::core::time::Duration::from_secs(1u64),
                                        ),
                                    ),
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
                                                    ::supervisor::__private::TreeDescriptor::typed(
                                                        "store",
                                                        "Store",
                                                        <Store as ::supervisor::Child>::OPTIONS,
                                                        <Store as ::supervisor::Child>::DESCRIPTOR,
                                                    ),
                                                    ::supervisor::__private::TreeDescriptor::task(
                                                        "work",
                                                        ::supervisor::ChildOptions::new()
                                                            .with_restart_policy(::supervisor::RestartPolicy::Always),
                                                    ),
                                                    ::supervisor::__private::TreeDescriptor::task(
                                                        "tidy",
                                                        ::supervisor::ChildOptions::new()
                                                            .with_restart_policy(::supervisor::RestartPolicy::Always),
                                                    ),
                                                ]
                                            },
                                        ),
                                    )
                                },
                            )
                        },
                    ),
                ]
            },
        ),
    );
}
///The handle of one shard of `jobs` and its children.
#[allow(
    clippy::module_name_repetitions,
    clippy::struct_field_names,
    unreachable_pub,
    reason = "the names are the tree's"
)]
#[derive(::core::clone::Clone)]
struct ShopJobs {
    __supervisor: ::supervisor::__private::Hidden<::supervisor::Supervisor>,
    __store: ::supervisor::__private::ErasedHandle<Store>,
    __work: ::supervisor::__private::Hidden<::supervisor::ChildRef<()>>,
    __tidy: ::supervisor::__private::Hidden<::supervisor::ChildRef<()>>,
}
#[automatically_derived]
#[allow(dead_code, private_interfaces, reason = "a program need not use all of it")]
impl ShopJobs {
    /// Returns the supervisor itself.
    #[must_use]
    fn supervisor(&self) -> &::supervisor::Supervisor {
        self.__supervisor.get()
    }
    ///Returns the child `store`: `Store`.
    #[must_use]
    fn store(&self) -> &<Store as ::supervisor::Child>::Handle {
        self.__store.get()
    }
    ///Returns the address of the task `work`: `Always`.
    #[must_use]
    fn work(&self) -> &::supervisor::ChildRef<()> {
        self.__work.get()
    }
    ///Returns the address of the task `tidy`: `Always`.
    #[must_use]
    fn tidy(&self) -> &::supervisor::ChildRef<()> {
        self.__tidy.get()
    }
}
#[automatically_derived]
impl ::core::convert::AsRef<::supervisor::Supervisor> for ShopJobs {
    fn as_ref(&self) -> &::supervisor::Supervisor {
        self.supervisor()
    }
}
#[automatically_derived]
impl ::core::ops::Deref for ShopJobs {
    type Target = ::supervisor::Supervisor;
    fn deref(&self) -> &::supervisor::Supervisor {
        self.supervisor()
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for ShopJobs {
    fn fmt(&self, __formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        __formatter
            .debug_struct("ShopJobs")
            .field("supervisor", self.supervisor())
            .finish_non_exhaustive()
    }
}
const _: () = {
    let __child = ::supervisor::__private::TreeDescriptor::sharded(
        "jobs",
        ::supervisor::ChildOptions::new(),
        ::supervisor::__private::LeaseOptions::new(::core::option::Option::Some("jobs"))
            .with_shards(const {
                let __value: ::core::primitive::usize = SHARDS;
                __value
            }),
        const {
            &::supervisor::__private::TreeDescriptor::shards(
                ::supervisor::ChildOptions::new()
                    .with_backoff(
                        ::supervisor::Backoff::constant(
                            ::core::time::Duration::from_secs(1u64),
                        ),
                    ),
                const {
                    &::supervisor::__private::TreeDescriptor::leased(
                        ::supervisor::__private::TreeDescriptor::supervisor(
                            "",
                            ::supervisor::ChildOptions::new(),
                            ::supervisor::__private::SupervisorOptions::new(
                                ::supervisor::SupervisionStrategy::OneForOne,
                            ),
                            const { &[] },
                        ),
                    )
                },
            )
        },
    );
    let __supervisor = ::supervisor::__private::SupervisorOptions::new(
        ::supervisor::SupervisionStrategy::OneForOne,
    );
    __child.check(&__supervisor)
};
const _: () = {
    let __supervisor = ::supervisor::__private::descriptor::<Shop>().at(&[0usize]);
    __supervisor.check_lease()
};
const _: () = {
    let __supervisor = ::supervisor::__private::descriptor::<Shop>().at(&[0usize]);
    __supervisor.check_renew()
};
const _: () = {
    let __supervisor = ::supervisor::__private::descriptor::<Shop>().at(&[0usize]);
    __supervisor.check_shards()
};
const _: () = {
    let __supervisor = ::supervisor::__private::descriptor::<Shop>()
        .at(&[0usize, 0usize, 1usize]);
    __supervisor.check_supervisor(::core::option::Option::None)
};
const _: () = {
    let __child = ::supervisor::__private::TreeDescriptor::typed(
        "store",
        "Store",
        <Store as ::supervisor::Child>::OPTIONS,
        <Store as ::supervisor::Child>::DESCRIPTOR,
    );
    let __supervisor = ::supervisor::__private::SupervisorOptions::new(
        ::supervisor::SupervisionStrategy::OneForOne,
    );
    __child.check(&__supervisor)
};
