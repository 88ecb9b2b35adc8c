//! Tests `testing::check_leases`: an engine that breaks a part of the contract of leases is found.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use supervisor::lease::{Acquisition, Claim, LeaseClock, LeaseError, Leases, Renewal};
use supervisor::testing::{MemoryLeases, MemoryReplica, check_leases};
use supervisor_tests::within;

/// A fault of an engine.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    GrantsWhatIsHeld,
    RenewsByName,
    ReleasesByName,
    NeverReleases,
    KeepsItsFence,
    EndsTooEarly,
    EndsTooLate,
    ForgetsRenewals,
}

/// An engine with a fault, on one that keeps the contract.
struct Engine {
    fault: Fault,
    leases: MemoryLeases,
    good: MemoryReplica,
    /// The last claim to each lease that was granted.
    granted: Mutex<HashMap<String, Claim>>,
}

impl Engine {
    fn new(fault: Fault) -> Self {
        let leases = MemoryLeases::new();
        let good = leases.replica();
        Self { fault, leases, good, granted: Mutex::default() }
    }

    fn holder_of(&self, claim: Claim) -> Claim {
        self.granted.lock().unwrap().get(claim.lease()).cloned().unwrap_or(claim)
    }
}

impl Leases for Engine {
    async fn acquire(&self, claim: Claim) -> Result<Acquisition, LeaseError> {
        if self.fault == Fault::GrantsWhatIsHeld {
            self.leases.take_away(claim.lease());
        }
        let answer = self.good.acquire(claim.clone()).await?;
        Ok(match answer {
            Acquisition::Acquired { fence } => {
                let (leases, own) = (self.leases.clone(), claim.clone());
                match self.fault {
                    Fault::EndsTooEarly => drop(tokio::spawn(async move {
                        tokio::time::sleep(own.ttl() / 2).await;
                        leases.take_away(own.lease());
                    })),
                    Fault::EndsTooLate => drop(tokio::spawn(async move {
                        for _ in 0..20 {
                            tokio::time::sleep(own.ttl() / 2).await;
                            let _ = leases.replica().renew(own.clone()).await;
                        }
                    })),
                    _ => {}
                }
                self.granted.lock().unwrap().insert(claim.lease().to_owned(), claim);
                let keeps = self.fault == Fault::KeepsItsFence;
                Acquisition::Acquired { fence: if keeps { 1 } else { fence } }
            }
            held @ Acquisition::Held { .. } => held,
        })
    }

    async fn renew(&self, claim: Claim) -> Result<Renewal, LeaseError> {
        match self.fault {
            Fault::RenewsByName => self.good.renew(self.holder_of(claim)).await,
            Fault::ForgetsRenewals if self.leases.holder(claim.lease()) == Some(claim.holder()) => {
                Ok(Renewal::Renewed)
            }
            _ => self.good.renew(claim).await,
        }
    }

    async fn release(&self, claim: Claim) -> Result<(), LeaseError> {
        match self.fault {
            Fault::ReleasesByName => self.good.release(self.holder_of(claim)).await,
            Fault::NeverReleases => Ok(()),
            _ => self.good.release(claim).await,
        }
    }

    fn clock(&self) -> LeaseClock {
        self.good.clock()
    }
}

#[tokio::test(start_paused = true)]
async fn each_part_of_the_contract_that_is_broken_is_named() {
    let found = [
        (Fault::GrantsWhatIsHeld, "a lease was granted that another holder has"),
        (Fault::RenewsByName, "the lease was renewed in the name of one who never had it"),
        (Fault::ReleasesByName, "a lease was granted that another holder has"),
        (Fault::NeverReleases, "the lease was renewed in the name of one who has released it"),
        (Fault::KeepsItsFence, "the fence 1 of a lease that was released does not exceed 1"),
        (Fault::EndsTooEarly, "the lease of its holder, late was not renewed"),
        (Fault::EndsTooLate, "a lease that has ended was not granted"),
        (Fault::ForgetsRenewals, "a lease was granted that another holder has"),
    ];
    for (fault, words) in found {
        let engine = Engine::new(fault);
        let checked = within("the check", check_leases(&engine, "test", Duration::from_secs(10)));
        let error = checked.await.expect_err(words).to_string();
        assert_eq!(error, words);
    }
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_keeps_the_contract_passes_again_and_again() {
    let engine = Engine::new(Fault::None);
    for _ in 0..3 {
        let checked = check_leases(&engine, "test", Duration::from_secs(10));
        within("the check", checked).await.unwrap();
    }
}

/// The list of an engine that keeps the rest of the contract.
#[derive(Clone, Copy)]
enum List {
    Nothing,
    WhatWasEverHeld,
    Fails,
}

struct Listing(Engine, List);

impl Leases for Listing {
    async fn acquire(&self, claim: Claim) -> Result<Acquisition, LeaseError> {
        self.0.acquire(claim).await
    }

    async fn renew(&self, claim: Claim) -> Result<Renewal, LeaseError> {
        self.0.renew(claim).await
    }

    async fn release(&self, claim: Claim) -> Result<(), LeaseError> {
        self.0.release(claim).await
    }

    async fn held(&self, prefix: &str) -> Result<Vec<String>, LeaseError> {
        match self.1 {
            List::Nothing => Ok(Vec::new()),
            List::WhatWasEverHeld => {
                let granted = self.0.granted.lock().unwrap();
                Ok(granted.keys().filter(|lease| lease.starts_with(prefix)).cloned().collect())
            }
            List::Fails => Err("the engine is away".into()),
        }
    }

    fn clock(&self) -> LeaseClock {
        self.0.clock()
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_of_other_leases_than_those_that_are_held_is_found() {
    let found = [
        (List::Nothing, r#"of the leases `test…`, ["test-1"] are held, and [] are listed"#),
        (
            List::WhatWasEverHeld,
            r#"of the leases `test…`, ["test-2"] are held, and ["test-1", "test-2"] are listed"#,
        ),
        (List::Fails, "the engine is away"),
    ];
    for (list, words) in found {
        let engine = Listing(Engine::new(Fault::None), list);
        let checked = within("the check", check_leases(&engine, "test", Duration::from_secs(10)));
        let error = checked.await.expect_err(words).to_string();
        assert_eq!(error, words);
    }
}
