//! slot
use std::marker::PhantomData;
use crate::path::Name;
pub(crate) struct Slot<M>(PhantomData<fn(M)>);
pub(crate) enum Nobody {}
pub(crate) trait AnySlot: Send + Sync {
    fn set_capacity(&self, capacity: usize);
}
impl<M> Slot<M> {
    pub(crate) fn new(_name: Name, _capacity: usize) -> Self { unimplemented!() }
}
impl<M> AnySlot for Slot<M> { fn set_capacity(&self, _c: usize) {} }
