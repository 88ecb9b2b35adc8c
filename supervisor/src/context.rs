//! What a running child sees.
use std::marker::PhantomData;

/// What a running child sees.
#[derive(Debug)]
pub struct Context<M = ()> {
    m: PhantomData<M>,
}

impl<M> Context<M> {
    /// recv
    pub async fn recv(&mut self) -> Option<M> {
        unimplemented!()
    }
    /// asked
    pub fn shutdown_requested(&self) -> std::future::Pending<()> {
        unimplemented!()
    }
}
