//! A crawler: a pool of workers that grows and shrinks with the work.
//!
//! What it shows: a dynamic pool (simple_one_for_one) with `max_children`; a worker for each page,
//! which sometimes fails and is restarted after a backoff, a limited number of times; a child that
//! adds a worker whenever the pool has room, and collects the results; and a tree that shuts itself
//! down when this child has finished (`auto_shutdown`).
//!
//! How to run it: `cargo run --example jobs`. The program crawls a made-up web, so it needs no
//! network. It ends by itself with exit code 0, and prints the following, in a similar order:
//!
//! ```text
//! / (attempt 1): /about /news /shop
//! /shop (attempt 1): /shop/tea /gone
//! /about (attempt 1): no links
//! /shop/tea (attempt 1): /shop
//! /news (attempt 2): /news/1 /news/2 /news/3
//! /news/2 (attempt 1): no links
//! /news/1 (attempt 1): /news
//! /news/3 (attempt 2): no links
//! /gone (attempt 4): status 500, given up
//!
//! 8 pages found, 1 given up; never more than 3 at once, 5 restarts
//! ```
//!
//! How to test it: `cargo test --example jobs`. The tests are at the end of this file.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use supervisor::events::{EventKind, Events};
use supervisor::prelude::*;

supervision_tree! {
    /// A crawler, and a worker for each page that is being fetched.
    ///
    /// one_for_all: the crawler counts the workers of the pool, so each restarts with the other.
    Crawl(web: Web, results: Results): one_for_all(auto_shutdown = any_significant) {
        // Each page may fail several times, so the pool needs a high limit.
        pages: simple_one_for_one(max_children = 3, max_restarts = 50, restart_window = 60s) {
            page: Transient<Page>(backoff = 20ms..200ms, shutdown = brutal_kill),
        },
        crawler: Transient<Crawler>(significant) = Crawler { pages, web, results },
    }
}

/// The number of attempts to fetch a page.
const ATTEMPTS: u64 = 4;

/// The results of all pages. They are shared with `main`, and survive restarts in the tree.
type Results = Arc<Mutex<Vec<Done>>>;

/// The result of one page.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Done {
    url: String,
    attempt: u64,
    outcome: Result<Vec<String>, String>,
}

/// Fetches one page.
#[derive(Child)]
struct Page {
    url: String,
    web: Web,
    crawler: ChildRef<Done>,
}

impl Worker for Page {
    async fn run(&self, ctx: Context) -> ChildResult {
        // The number of the life is the number of the attempt.
        let attempt = ctx.incarnation();
        let outcome = match (self.web.get)(&self.url, attempt).await {
            Ok(links) => Ok(links),
            // A restart tries the page again, after the backoff.
            Err(error) if attempt < ATTEMPTS => return Err(error.into()),
            Err(error) => Err(error),
        };
        let done = Done { url: self.url.clone(), attempt, outcome };
        self.crawler.send(done).await?;
        Ok(()) // `Transient`: the worker is not restarted, and the pool has room for another
    }
}

/// Adds a worker for each page, and collects the results.
#[derive(Child)]
#[child(message = Done)]
struct Crawler {
    pages: Pool<Page>,
    web: Web,
    results: Results,
}

impl Worker for Crawler {
    async fn run(&self, mut ctx: Context<Done>) -> ChildResult {
        let mut pool = self.pages.supervisor().events();
        let mut known = BTreeSet::from(["/".to_owned()]);
        let mut queue = VecDeque::from(["/".to_owned()]);
        let mut under_way = 0_usize;
        loop {
            while let Some(url) = queue.pop_front() {
                let (web, crawler) = (self.web.clone(), ctx.address());
                let page = Page { url: url.clone(), web, crawler };
                match self.pages.add_worker_with(page).await {
                    Ok(_) => under_way += 1,
                    Err(refused) if matches!(refused.error(), SupervisorError::MaxChildren(..)) => {
                        queue.push_front(url);
                        break;
                    }
                    Err(refused) => return Err(refused.into()),
                }
            }
            if under_way == 0 {
                return Ok(()); // the crawler is significant, so the tree shuts down
            }
            tokio::select! {
                // The result of a page is received before the end of its worker.
                biased;
                done = ctx.recv() => {
                    let Some(done) = done else { return Ok(()) };
                    for link in done.outcome.iter().flatten() {
                        if known.insert(link.clone()) {
                            queue.push_back(link.clone());
                        }
                    }
                    self.results.lock().unwrap_or_else(PoisonError::into_inner).push(done);
                }
                () = a_page_has_finished(&mut pool) => under_way -= 1,
            }
        }
    }
}

/// Waits until a worker has ended for good, so that the pool has room for another.
async fn a_page_has_finished(pool: &mut Events) {
    while let Some(event) = pool.next().await {
        if let EventKind::ChildTerminated { reason, .. } = event.kind()
            && !reason.is_abnormal()
        {
            return;
        }
    }
}

/// The web that is crawled.
#[derive(Clone)]
struct Web {
    get: Arc<Get>,
}

/// A function that fetches a page: takes the URL and the number of the attempt.
type Get = dyn Fn(&str, u64) -> Fetched + Send + Sync;

/// A future of the links of a page, or of an error.
type Fetched = std::pin::Pin<Box<dyn Future<Output = Result<Vec<String>, String>> + Send>>;

impl Web {
    /// Returns a small web, in which two pages fail at first, and one page always fails.
    fn made_up() -> Self {
        Self::new(|url, attempt| match (url, attempt) {
            ("/gone", _) | ("/news" | "/news/3", 1) => Err("status 500"),
            ("/", _) => Ok(vec!["/about", "/news", "/shop"]),
            ("/news", _) => Ok(vec!["/news/1", "/news/2", "/news/3"]),
            ("/news/1", _) => Ok(vec!["/news"]),
            ("/shop", _) => Ok(vec!["/shop/tea", "/gone"]),
            ("/shop/tea", _) => Ok(vec!["/shop"]),
            _ => Ok(vec![]),
        })
    }

    fn new(
        page: impl Fn(&str, u64) -> Result<Vec<&'static str>, &'static str> + Send + Sync + 'static,
    ) -> Self {
        let get = move |url: &str, attempt| -> Fetched {
            let page = page(url, attempt);
            Box::pin(async move {
                tokio::time::sleep(Duration::from_millis(20)).await;
                let links = page?;
                Ok(links.into_iter().map(str::to_owned).collect())
            })
        };
        Self { get: Arc::new(get) }
    }
}

/// Counts until the tree ends, and returns the largest number of workers at once, and the number of
/// restarts.
async fn watch(mut events: Events) -> (usize, usize) {
    let (mut alive, mut most, mut restarts) = (0_usize, 0, 0);
    while let Some(event) = events.next().await {
        if !event.path().as_str().starts_with("pages/") {
            continue;
        }
        match event.kind() {
            EventKind::ChildStarted { .. } => alive += 1,
            EventKind::ChildRestarted { .. } => {
                alive += 1;
                restarts += 1;
            }
            EventKind::ChildTerminated { .. } => alive -= 1,
            _ => {}
        }
        most = most.max(alive);
    }
    (most, restarts)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let results = Results::default();
    let tree = Crawl::tree(Web::made_up(), Arc::clone(&results));
    let watching = tokio::spawn(watch(tree.handle().supervisor().events()));
    let crawl = tree.start().await?;
    crawl.supervisor().wait().await?; // until the crawler has finished
    let (most, restarts) = watching.await?;
    let results = results.lock().unwrap_or_else(PoisonError::into_inner);
    for Done { url, attempt, outcome } in results.iter() {
        match outcome {
            Ok(links) if links.is_empty() => println!("{url} (attempt {attempt}): no links"),
            Ok(links) => println!("{url} (attempt {attempt}): {}", links.join(" ")),
            Err(error) => println!("{url} (attempt {attempt}): {error}, given up"),
        }
    }
    let found = results.iter().filter(|done| done.outcome.is_ok()).count();
    let given_up = results.len() - found;
    println!(
        "\n{found} pages found, {given_up} given up; never more than {most} at once, {restarts} restarts"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use supervisor::testing::{self, Fault, Watch};

    use super::*;

    type TestResult = Result<(), Box<dyn std::error::Error>>;

    fn found(results: &Results) -> Vec<(String, u64, bool)> {
        let results = results.lock().expect("no test has panicked");
        let mut found: Vec<_> =
            results.iter().map(|d| (d.url.clone(), d.attempt, d.outcome.is_ok())).collect();
        found.sort_unstable();
        found
    }

    #[tokio::test(start_paused = true)]
    async fn every_page_is_found_or_given_up_once() -> TestResult {
        let results = Results::default();
        let tree = Crawl::tree(Web::made_up(), Arc::clone(&results));
        let watching = tokio::spawn(watch(tree.handle().supervisor().events()));
        tree.start().await?.supervisor().wait().await?;
        let expected = [
            ("/", 1, true),
            ("/about", 1, true),
            ("/gone", 4, false),
            ("/news", 2, true),
            ("/news/1", 1, true),
            ("/news/2", 1, true),
            ("/news/3", 2, true),
            ("/shop", 1, true),
            ("/shop/tea", 1, true),
        ];
        assert_eq!(found(&results), expected.map(|(url, n, ok)| (url.to_owned(), n, ok)));
        assert_eq!(watching.await?, (3, 5));
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_that_crashes_is_tried_again() -> TestResult {
        let results = Results::default();
        let crawl = Crawl::start(Web::new(|_, _| Ok(vec![])), Arc::clone(&results)).await?;
        testing::running(&crawl, "pages/#1").await?;
        testing::panic(&crawl, "pages/#1", "a page too strange").await?;
        crawl.supervisor().wait().await?;
        assert_eq!(found(&results), [("/".to_owned(), 2, true)]);
        Ok(())
    }

    #[tokio::test(start_paused = true)]
    async fn a_crawler_that_crashes_begins_anew() -> TestResult {
        let results = Results::default();
        let crawl = Crawl::start(Web::made_up(), Arc::clone(&results)).await?;
        let mut watch = Watch::new(&crawl);
        watch.until("some pages", |event| event.path() == "pages/#3").await?;
        testing::kill(&crawl, "crawler").await?;
        crawl.supervisor().wait().await?;
        let first = ("/".to_owned(), 1, true);
        assert_eq!(found(&results).iter().filter(|page| **page == first).count(), 2);
        assert!(found(&results).contains(&("/news/3".to_owned(), 2, true)));
        Ok(())
    }

    /// Each fault of the crawler, of the pool and of a worker, at each moment.
    ///
    /// The pages of this web are never fetched, so that the tree rests until the fault.
    #[tokio::test(start_paused = true)]
    async fn the_crawl_survives_every_fault() -> Result<(), testing::MatrixFailure> {
        let endless = Web { get: Arc::new(|_, _| Box::pin(std::future::pending())) };
        testing::fault_matrix(|| Crawl::tree(endless.clone(), Results::default()))
            .except(
                "pages/#1",
                Fault::Ok,
                "the crawler has nothing else to do then, and ends the tree",
            )
            .matches("faults/jobs.txt")
            .await?;
        Ok(())
    }
}
