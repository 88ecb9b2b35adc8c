//! recipe
pub(crate) trait Recipe: Send + Sync {}
pub(crate) struct Function;
pub(crate) struct Repeated;
pub(crate) struct Once;
impl Function { pub(crate) fn new<F>(_: F) -> Self { Self } }
impl Repeated { pub(crate) fn new<F>(_: F) -> Self { Self } }
impl Once { pub(crate) fn new<F>(_: F) -> Self { Self } }
impl Recipe for Function {}
impl Recipe for Repeated {}
impl Recipe for Once {}
