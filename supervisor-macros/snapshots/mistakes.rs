::core::compile_error! {
    "`db` has nothing after its colon; write a policy such as `Always`, a type, or a supervisor"
}
::core::compile_error! {
    "unknown strategy `one_for_al`; did you mean `one_for_all`?"
}
::core::compile_error! {
    "`5` has no unit; write `5s` or `5ms`"
}
macro_rules! a_tree_with_a_name_is_an_item__declare_it_before_and_write_Shop_tree_here {
    () => {};
}
#[doc(hidden)]
#[allow(dead_code, non_upper_case_globals, reason = "it has the name of the tree")]
const Shop: ::supervisor::__private::NameOf<Shop> = ::supervisor::__private::NameOf::VALUE;
///The handle of the tree `Shop`.
///
///```text
///Shop: one_for_all
///├── db: …
///└── worker: Always (shutdown = 5)
///```
#[must_use = "a tree shuts down when its last handle is dropped"]
#[derive(::core::clone::Clone)]
struct Shop {
    __supervisor: ::supervisor::__private::Hidden<::supervisor::Supervisor>,
    __db: <() as ::supervisor::__private::Unknown<
        {
            ::core::compile_error! {
                "`db` has nothing after its colon; write a policy such as `Always`, a type, or a supervisor"
            }
        },
    >>::Type,
    __worker: ::supervisor::__private::Hidden<::supervisor::ChildRef<()>>,
}
#[automatically_derived]
#[allow(dead_code, private_interfaces, reason = "a program need not use all of it")]
impl Shop {
    /// Returns the supervisor itself.
    #[must_use]
    fn supervisor(&self) -> &::supervisor::Supervisor {
        self.__supervisor.get()
    }
    ///Returns the child `db`.
    #[must_use]
    fn db(
        &self,
    ) -> &<() as ::supervisor::__private::Unknown<
        {
            ::core::compile_error! {
                "`db` has nothing after its colon; write a policy such as `Always`, a type, or a supervisor"
            }
        },
    >>::Type {
        &self.__db
    }
    ///Returns the address of the task `worker`: `Always (shutdown = 5)`.
    #[must_use]
    fn worker(&self) -> &::supervisor::ChildRef<()> {
        self.__worker.get()
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
    #[allow(unused_variables)]
    fn tree() -> ::supervisor::Tree<Self> {
        let __builder = ::supervisor::Supervisor::new()
            .with_name("Shop")
            .with_strategy(::supervisor::SupervisionStrategy::OneForAll);
        let db = ::core::compile_error! {
            "`db` has nothing after its colon; write a policy such as `Always`, a type, or a supervisor"
        };
        let __spec = {
            let __spec = ::supervisor::ChildSpec::new("worker")
                .with_restart_policy(::supervisor::RestartPolicy::Always);
            __spec.with_task(::supervisor::__private::broken_task)
        };
        let worker = __spec.handle();
        let __builder = __builder.with_child(__spec);
        let __supervisor = __builder.build();
        ::supervisor::Tree::new(
            ::core::clone::Clone::clone(&__supervisor),
            Shop {
                __supervisor: ::supervisor::__private::Hidden::new(__supervisor),
                __db: db,
                __worker: ::supervisor::__private::Hidden::new(worker),
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
    fn start() -> ::supervisor::futures::Starting<Self> {
        Self::tree().start()
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
                ::supervisor::SupervisionStrategy::OneForAll,
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
    );
}
