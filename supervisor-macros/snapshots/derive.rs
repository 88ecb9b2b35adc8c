#[automatically_derived]
impl ::supervisor::Addressable for Database {
    type Message = Query;
    const DEFAULTS: ::supervisor::ChildOptions = ::supervisor::ChildOptions::new()
        .with_restart_policy(::supervisor::RestartPolicy::Transient)
        .with_shutdown(
            ::supervisor::Shutdown::Timeout(::core::time::Duration::from_secs(10u64)),
        )
        .with_mailbox(256usize);
}
#[automatically_derived]
impl ::supervisor::Child for Database {
    type Recipe = Self;
    type Handle = ::supervisor::ChildRef<Query>;
    const OPTIONS: ::supervisor::ChildOptions = <Self as ::supervisor::Addressable>::DEFAULTS;
    fn spec(
        __name: &::core::primitive::str,
        __recipe: Self,
    ) -> ::supervisor::ChildSpec<
        ::supervisor::specs::Ready<::supervisor::ChildRef<Query>>,
    > {
        <Self as ::supervisor::bounds::WorkerSpec>::into_spec(__recipe, __name)
    }
}
