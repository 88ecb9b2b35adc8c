macro_rules! a_tree_with_a_name_is_an_item__declare_it_before_and_write_Sessions_tree_here {
    () => {};
}
#[doc(hidden)]
#[allow(dead_code, non_upper_case_globals, reason = "it has the name of the tree")]
const Sessions: ::supervisor::__private::NameOf<Sessions> = ::supervisor::__private::NameOf::VALUE;
///The handle of the tree `Sessions`.
///
///```text
///Sessions: simple_one_for_one
///└── session: Session
///```
#[must_use = "a tree shuts down when its last handle is dropped"]
#[derive(::core::clone::Clone)]
struct Sessions {
    __supervisor: ::supervisor::__private::Hidden<::supervisor::Supervisor>,
    __pool: ::supervisor::__private::Hidden<
        ::supervisor::Pool<Session, ::supervisor::pool::Shared>,
    >,
}
#[automatically_derived]
#[allow(dead_code, private_interfaces, reason = "a program need not use all of it")]
impl Sessions {
    /// Returns the supervisor itself.
    #[must_use]
    fn supervisor(&self) -> &::supervisor::Supervisor {
        self.__supervisor.get()
    }
    /// Returns the pool, to which workers are added.
    #[must_use]
    fn pool(&self) -> &::supervisor::Pool<Session, ::supervisor::pool::Shared> {
        self.__pool.get()
    }
}
#[automatically_derived]
impl ::core::convert::AsRef<::supervisor::Supervisor> for Sessions {
    fn as_ref(&self) -> &::supervisor::Supervisor {
        self.supervisor()
    }
}
#[automatically_derived]
impl ::core::ops::Deref for Sessions {
    type Target = ::supervisor::Pool<Session, ::supervisor::pool::Shared>;
    fn deref(&self) -> &::supervisor::Pool<Session, ::supervisor::pool::Shared> {
        self.pool()
    }
}
#[automatically_derived]
impl ::core::fmt::Debug for Sessions {
    fn fmt(&self, __formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        __formatter
            .debug_struct("Sessions")
            .field("supervisor", self.supervisor())
            .finish_non_exhaustive()
    }
}
#[automatically_derived]
#[allow(dead_code, reason = "a program need not use all of it")]
impl Sessions {
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
    ///Creates a `Sessions` that is not started, such as the child of another tree.
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
    fn tree() -> ::supervisor::Tree<Self> {
        let __pool = {
            let __recipe: <Session as ::supervisor::Child>::Recipe = Session::new();
            <Session as ::supervisor::bounds::SharedValue>::pool(
                ::supervisor::Supervisor::new()
                    .with_name("Sessions")
                    .with_strategy(::supervisor::SupervisionStrategy::SimpleOneForOne),
                <Session as ::supervisor::bounds::SharedValue>::template(
                    __recipe,
                    "session",
                ),
            )
        };
        ::supervisor::Tree::new(
            ::core::clone::Clone::clone(__pool.supervisor()),
            Sessions {
                __supervisor: ::supervisor::__private::Hidden::new(
                    ::core::clone::Clone::clone(__pool.supervisor()),
                ),
                __pool: ::supervisor::__private::Hidden::new(__pool),
            },
        )
    }
    ///Starts the tree, and returns the `Sessions` when all its children have started.
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
impl ::supervisor::Child for Sessions {
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
impl ::supervisor::bounds::ChildHandle for Sessions {
    const DESCRIPTOR: ::core::option::Option<
        &'static ::supervisor::__private::TreeDescriptor,
    > = ::core::option::Option::Some(
        &::supervisor::__private::TreeDescriptor::supervisor(
            "Sessions",
            ::supervisor::ChildOptions::new(),
            ::supervisor::__private::SupervisorOptions::new(
                ::supervisor::SupervisionStrategy::SimpleOneForOne,
            ),
            const {
                &[
                    ::supervisor::__private::TreeDescriptor::typed(
                        "session",
                        "Session",
                        <Session as ::supervisor::Child>::OPTIONS,
                        <Session as ::supervisor::Child>::DESCRIPTOR,
                    ),
                ]
            },
        ),
    );
}
const _: () = {
    let __child = ::supervisor::__private::TreeDescriptor::typed(
        "session",
        "Session",
        <Session as ::supervisor::Child>::OPTIONS,
        <Session as ::supervisor::Child>::DESCRIPTOR,
    );
    let __supervisor = ::supervisor::__private::SupervisorOptions::new(
        ::supervisor::SupervisionStrategy::SimpleOneForOne,
    );
    __child.check(&__supervisor)
};
