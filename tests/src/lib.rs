//! Support for the tests.

pub mod otp;
