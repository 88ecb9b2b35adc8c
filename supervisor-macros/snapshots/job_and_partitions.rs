fn expression() {
    const _: () = {
        let __child = ::supervisor::__private::TreeDescriptor::typed(
            "counter",
            "Counter",
            ::supervisor::ChildOptions::new()
                .with_restart_policy(::supervisor::RestartPolicy::Always)
                .with_shutdown(
                    ::supervisor::Shutdown::Timeout(
                        ::core::time::Duration::from_secs(1u64),
                    ),
                )
                .or(<Counter as ::supervisor::Child>::OPTIONS),
            <Counter as ::supervisor::Child>::DESCRIPTOR,
        );
        let __supervisor = ::supervisor::__private::SupervisorOptions::new(
                ::supervisor::SupervisionStrategy::SimpleOneForOne,
            )
            .with_partitions(8usize);
        __child.check(&__supervisor)
    };
    let __task_sweep = sweep;
    let __builder = ::supervisor::Supervisor::new()
        .with_strategy(::supervisor::SupervisionStrategy::OneForOne);
    let __spec = {
        let __every = ::supervisor::__private::Every(
            ::core::time::Duration::from_secs(30u64),
        );
        let __spec = ::supervisor::ChildSpec::new("sweep")
            .with_restart_policy(::supervisor::RestartPolicy::Always);
        __spec.with_worker(__every.job(__task_sweep))
    };
    let sweep = __spec.handle();
    let __builder = __builder.with_child(__spec);
    let parts = {
        let __pool = <<Counter as ::supervisor::Child>::Handle as ::supervisor::bounds::Partition>::partitioned(
            ::supervisor::Supervisor::new()
                .with_strategy(::supervisor::SupervisionStrategy::SimpleOneForOne),
            {
                let __recipe: <Counter as ::supervisor::Child>::Recipe = Counter::new();
                <Counter as ::supervisor::Child>::declared_spec("counter", __recipe)
            }
                .with_restart_policy(::supervisor::RestartPolicy::Always)
                .with_shutdown(
                    ::supervisor::Shutdown::Timeout(
                        ::core::time::Duration::from_secs(1u64),
                    ),
                ),
            8usize,
        );
        __pool
    };
    let __builder = __builder
        .with_child(
            ::supervisor::ChildSpec::new("parts")
                .with_supervisor(::core::clone::Clone::clone(parts.supervisor())),
        );
    let __supervisor = __builder.build();
    let __descriptor = const {
        &::supervisor::__private::TreeDescriptor::supervisor(
            "",
            ::supervisor::ChildOptions::new(),
            ::supervisor::__private::SupervisorOptions::new(
                ::supervisor::SupervisionStrategy::OneForOne,
            ),
            const {
                &[
                    ::supervisor::__private::TreeDescriptor::task(
                            "sweep",
                            ::supervisor::ChildOptions::new()
                                .with_restart_policy(::supervisor::RestartPolicy::Always),
                        )
                        .with_every(::core::time::Duration::from_secs(30u64)),
                    ::supervisor::__private::TreeDescriptor::supervisor(
                        "parts",
                        ::supervisor::ChildOptions::new(),
                        ::supervisor::__private::SupervisorOptions::new(
                                ::supervisor::SupervisionStrategy::SimpleOneForOne,
                            )
                            .with_partitions(8usize),
                        const {
                            &[
                                ::supervisor::__private::TreeDescriptor::typed(
                                    "counter",
                                    "Counter",
                                    ::supervisor::ChildOptions::new()
                                        .with_restart_policy(::supervisor::RestartPolicy::Always)
                                        .with_shutdown(
                                            ::supervisor::Shutdown::Timeout(
                                                ::core::time::Duration::from_secs(1u64),
                                            ),
                                        )
                                        .or(<Counter as ::supervisor::Child>::OPTIONS),
                                    <Counter as ::supervisor::Child>::DESCRIPTOR,
                                ),
                            ]
                        },
                    ),
                ]
            },
        )
    };
    {
        #[derive(::core::clone::Clone)]
        struct Handle<C0, C1> {
            __supervisor: ::supervisor::__private::Hidden<::supervisor::Supervisor>,
            descriptor: &'static ::supervisor::__private::TreeDescriptor,
            __0: ::supervisor::__private::Hidden<C0>,
            __1: ::supervisor::__private::Hidden<C1>,
        }
        #[allow(dead_code, reason = "a program need not use all of it")]
        impl<C0, C1> Handle<C0, C1> {
            /// Returns the supervisor itself.
            #[must_use]
            pub fn supervisor(&self) -> &::supervisor::Supervisor {
                self.__supervisor.get()
            }
            /// Returns the worst-case time of a graceful shutdown; `None` if it has no bound.
            #[must_use]
            pub fn shutdown_budget(
                &self,
            ) -> ::core::option::Option<::core::time::Duration> {
                self.descriptor.shutdown_budget()
            }
            /// Returns the worst-case time of a start; `None` if it has no bound.
            #[must_use]
            pub fn start_budget(
                &self,
            ) -> ::core::option::Option<::core::time::Duration> {
                self.descriptor.start_budget()
            }
            /// Returns the number of children that the tree declares, at all levels.
            #[must_use]
            pub fn children(&self) -> ::core::primitive::usize {
                self.descriptor.count()
            }
            /// Returns the tree as a Mermaid flowchart.
            #[must_use]
            pub fn diagram(&self) -> ::std::string::String {
                self.descriptor.diagram()
            }
            /// Returns the numbers with which the tree is deployed: its times, for Kubernetes and systemd.
            ///
            /// # Errors
            ///
            /// If the compiler knows no bound of the times; the error names the child.
            pub fn deployment(
                &self,
            ) -> ::core::result::Result<
                ::supervisor::deployment::Deployment,
                ::supervisor::deployment::UnboundedTime,
            > {
                ::supervisor::__private::deployment_of(self.descriptor)
            }
            #[must_use]
            pub fn sweep(&self) -> &C0 {
                self.__0.get()
            }
            #[must_use]
            pub fn parts(&self) -> &C1 {
                self.__1.get()
            }
        }
        #[automatically_derived]
        impl<C0, C1> ::core::convert::AsRef<::supervisor::Supervisor>
        for Handle<C0, C1> {
            fn as_ref(&self) -> &::supervisor::Supervisor {
                self.supervisor()
            }
        }
        #[automatically_derived]
        impl<C0, C1> ::core::ops::Deref for Handle<C0, C1> {
            type Target = ::supervisor::Supervisor;
            fn deref(&self) -> &::supervisor::Supervisor {
                self.supervisor()
            }
        }
        #[automatically_derived]
        impl<C0, C1> ::core::fmt::Debug for Handle<C0, C1> {
            fn fmt(
                &self,
                __formatter: &mut ::core::fmt::Formatter<'_>,
            ) -> ::core::fmt::Result {
                __formatter
                    .debug_struct("Handle")
                    .field("supervisor", self.supervisor())
                    .finish_non_exhaustive()
            }
        }
        ::supervisor::Tree::new(
            ::core::clone::Clone::clone(&__supervisor),
            Handle {
                __supervisor: ::supervisor::__private::Hidden::new(__supervisor),
                descriptor: __descriptor,
                __0: ::supervisor::__private::Hidden::new(sweep),
                __1: ::supervisor::__private::Hidden::new(parts),
            },
        )
    }
}
