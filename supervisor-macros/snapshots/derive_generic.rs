#[automatically_derived]
impl<T: Clone, const N: usize> my::supervisor::Addressable for Upload<T, N>
where
    T: Sync,
    Vec<T>: ::core::marker::Send + 'static,
{
    type Message = Vec<T>;
    const DEFAULTS: my::supervisor::ChildOptions = my::supervisor::ChildOptions::new()
        .with_restart_policy(my::supervisor::RestartPolicy::Temporary)
        .with_once();
}
#[automatically_derived]
impl<T: Clone, const N: usize> my::supervisor::Child for Upload<T, N>
where
    T: Sync,
    Vec<T>: ::core::marker::Send + 'static,
    Self: my::supervisor::bounds::WorkerOnceOf<Vec<T>>,
{
    type Recipe = Self;
    type Handle = my::supervisor::ChildRef<Vec<T>>;
    const OPTIONS: my::supervisor::ChildOptions = <Self as my::supervisor::Addressable>::DEFAULTS;
    fn spec(
        __name: &::core::primitive::str,
        __recipe: Self,
    ) -> my::supervisor::ChildSpec<
        my::supervisor::specs::Ready<my::supervisor::ChildRef<Vec<T>>>,
    > {
        <Self as my::supervisor::bounds::WorkerOnceOf<
            Vec<T>,
        >>::into_spec(__recipe, __name)
    }
}
