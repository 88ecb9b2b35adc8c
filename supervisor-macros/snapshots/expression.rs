fn expression() {
    let __task_worker = worker;
    let __builder = ::supervisor::Supervisor::new()
        .with_strategy(::supervisor::SupervisionStrategy::OneForAll);
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
        let __supervisor = __builder.build();
        {
            #[derive(::core::clone::Clone)]
            struct HandleSub<C0> {
                __supervisor: ::supervisor::__private::Hidden<::supervisor::Supervisor>,
                __0: ::supervisor::__private::Hidden<C0>,
            }
            #[allow(dead_code, reason = "a program need not use all of it")]
            impl<C0> HandleSub<C0> {
                /// Returns the supervisor itself.
                #[must_use]
                pub fn supervisor(&self) -> &::supervisor::Supervisor {
                    self.__supervisor.get()
                }
                #[must_use]
                pub fn worker(&self) -> &C0 {
                    self.__0.get()
                }
            }
            #[automatically_derived]
            impl<C0> ::core::convert::AsRef<::supervisor::Supervisor> for HandleSub<C0> {
                fn as_ref(&self) -> &::supervisor::Supervisor {
                    self.supervisor()
                }
            }
            #[automatically_derived]
            impl<C0> ::core::ops::Deref for HandleSub<C0> {
                type Target = ::supervisor::Supervisor;
                fn deref(&self) -> &::supervisor::Supervisor {
                    self.supervisor()
                }
            }
            #[automatically_derived]
            impl<C0> ::core::fmt::Debug for HandleSub<C0> {
                fn fmt(
                    &self,
                    __formatter: &mut ::core::fmt::Formatter<'_>,
                ) -> ::core::fmt::Result {
                    __formatter
                        .debug_struct("HandleSub")
                        .field("supervisor", self.supervisor())
                        .finish_non_exhaustive()
                }
            }
            HandleSub {
                __supervisor: ::supervisor::__private::Hidden::new(__supervisor),
                __0: ::supervisor::__private::Hidden::new(worker),
            }
        }
    };
    let __builder = __builder
        .with_child(
            ::supervisor::ChildSpec::new("sub")
                .with_supervisor(::core::clone::Clone::clone(sub.supervisor())),
        );
    let __supervisor = __builder.build();
    let __descriptor = const {
        &::supervisor::__private::TreeDescriptor::supervisor(
            "",
            ::supervisor::ChildOptions::new(),
            ::supervisor::__private::SupervisorOptions::new(
                ::supervisor::SupervisionStrategy::OneForAll,
            ),
            const {
                &[
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
                            ]
                        },
                    ),
                ]
            },
        )
    };
    {
        #[derive(::core::clone::Clone)]
        struct Handle<C0> {
            __supervisor: ::supervisor::__private::Hidden<::supervisor::Supervisor>,
            descriptor: &'static ::supervisor::__private::TreeDescriptor,
            __0: ::supervisor::__private::Hidden<C0>,
        }
        #[allow(dead_code, reason = "a program need not use all of it")]
        impl<C0> Handle<C0> {
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
            pub fn sub(&self) -> &C0 {
                self.__0.get()
            }
        }
        #[automatically_derived]
        impl<C0> ::core::convert::AsRef<::supervisor::Supervisor> for Handle<C0> {
            fn as_ref(&self) -> &::supervisor::Supervisor {
                self.supervisor()
            }
        }
        #[automatically_derived]
        impl<C0> ::core::ops::Deref for Handle<C0> {
            type Target = ::supervisor::Supervisor;
            fn deref(&self) -> &::supervisor::Supervisor {
                self.supervisor()
            }
        }
        #[automatically_derived]
        impl<C0> ::core::fmt::Debug for Handle<C0> {
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
                __0: ::supervisor::__private::Hidden::new(sub),
            },
        )
    }
}
