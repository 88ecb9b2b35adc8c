fn shop() -> Tree<Shop> {
    Shop::tree()
}
#[cfg(test)]
use my::supervisor as __library_of_shop;
#[cfg(test)]
mod shop {
    fn run(
        case: Option<
            (
                &str,
                super::__library_of_shop::testing::Fault,
                super::__library_of_shop::testing::Moment,
            ),
        >,
    ) {
        let matrix = super::__library_of_shop::testing::MatrixSource::matrix_of(
            super::shop,
        );
        match case {
            Some((path, fault, moment)) => matrix.run_case(path, fault, moment),
            None => matrix.run_children(&["db"]),
        }
    }
    #[test]
    fn the_tree_has_these_children() {
        run(None);
    }
    mod db {
        mod error {
            #[test]
            fn calm() {
                super::super::run(
                    Some((
                        "db",
                        super::super::super::__library_of_shop::testing::Fault::Error,
                        super::super::super::__library_of_shop::testing::Moment::Calm,
                    )),
                );
            }
            #[test]
            fn while_a_sibling_restarts() {
                super::super::run(
                    Some((
                        "db",
                        super::super::super::__library_of_shop::testing::Fault::Error,
                        super::super::super::__library_of_shop::testing::Moment::WhileASiblingRestarts,
                    )),
                );
            }
            #[test]
            fn while_the_tree_stops() {
                super::super::run(
                    Some((
                        "db",
                        super::super::super::__library_of_shop::testing::Fault::Error,
                        super::super::super::__library_of_shop::testing::Moment::WhileTheTreeStops,
                    )),
                );
            }
        }
        mod panic {
            #[test]
            fn calm() {
                super::super::run(
                    Some((
                        "db",
                        super::super::super::__library_of_shop::testing::Fault::Panic,
                        super::super::super::__library_of_shop::testing::Moment::Calm,
                    )),
                );
            }
            #[test]
            fn while_a_sibling_restarts() {
                super::super::run(
                    Some((
                        "db",
                        super::super::super::__library_of_shop::testing::Fault::Panic,
                        super::super::super::__library_of_shop::testing::Moment::WhileASiblingRestarts,
                    )),
                );
            }
            #[test]
            fn while_the_tree_stops() {
                super::super::run(
                    Some((
                        "db",
                        super::super::super::__library_of_shop::testing::Fault::Panic,
                        super::super::super::__library_of_shop::testing::Moment::WhileTheTreeStops,
                    )),
                );
            }
        }
        mod ok {
            #[test]
            fn calm() {
                super::super::run(
                    Some((
                        "db",
                        super::super::super::__library_of_shop::testing::Fault::Ok,
                        super::super::super::__library_of_shop::testing::Moment::Calm,
                    )),
                );
            }
            #[test]
            fn while_a_sibling_restarts() {
                super::super::run(
                    Some((
                        "db",
                        super::super::super::__library_of_shop::testing::Fault::Ok,
                        super::super::super::__library_of_shop::testing::Moment::WhileASiblingRestarts,
                    )),
                );
            }
            #[test]
            fn while_the_tree_stops() {
                super::super::run(
                    Some((
                        "db",
                        super::super::super::__library_of_shop::testing::Fault::Ok,
                        super::super::super::__library_of_shop::testing::Moment::WhileTheTreeStops,
                    )),
                );
            }
        }
        mod hang {
            #[test]
            fn calm() {
                super::super::run(
                    Some((
                        "db",
                        super::super::super::__library_of_shop::testing::Fault::Hang,
                        super::super::super::__library_of_shop::testing::Moment::Calm,
                    )),
                );
            }
            #[test]
            fn while_a_sibling_restarts() {
                super::super::run(
                    Some((
                        "db",
                        super::super::super::__library_of_shop::testing::Fault::Hang,
                        super::super::super::__library_of_shop::testing::Moment::WhileASiblingRestarts,
                    )),
                );
            }
            #[test]
            fn while_the_tree_stops() {
                super::super::run(
                    Some((
                        "db",
                        super::super::super::__library_of_shop::testing::Fault::Hang,
                        super::super::super::__library_of_shop::testing::Moment::WhileTheTreeStops,
                    )),
                );
            }
        }
        mod hang_at_stop {
            #[test]
            fn calm() {
                super::super::run(
                    Some((
                        "db",
                        super::super::super::__library_of_shop::testing::Fault::HangAtStop,
                        super::super::super::__library_of_shop::testing::Moment::Calm,
                    )),
                );
            }
            #[test]
            fn while_a_sibling_restarts() {
                super::super::run(
                    Some((
                        "db",
                        super::super::super::__library_of_shop::testing::Fault::HangAtStop,
                        super::super::super::__library_of_shop::testing::Moment::WhileASiblingRestarts,
                    )),
                );
            }
            #[test]
            fn while_the_tree_stops() {
                super::super::run(
                    Some((
                        "db",
                        super::super::super::__library_of_shop::testing::Fault::HangAtStop,
                        super::super::super::__library_of_shop::testing::Moment::WhileTheTreeStops,
                    )),
                );
            }
        }
        mod kill {
            #[test]
            fn calm() {
                super::super::run(
                    Some((
                        "db",
                        super::super::super::__library_of_shop::testing::Fault::Kill,
                        super::super::super::__library_of_shop::testing::Moment::Calm,
                    )),
                );
            }
            #[test]
            fn while_a_sibling_restarts() {
                super::super::run(
                    Some((
                        "db",
                        super::super::super::__library_of_shop::testing::Fault::Kill,
                        super::super::super::__library_of_shop::testing::Moment::WhileASiblingRestarts,
                    )),
                );
            }
            #[test]
            fn while_the_tree_stops() {
                super::super::run(
                    Some((
                        "db",
                        super::super::super::__library_of_shop::testing::Fault::Kill,
                        super::super::super::__library_of_shop::testing::Moment::WhileTheTreeStops,
                    )),
                );
            }
        }
        mod failed_start {
            #[test]
            fn calm() {
                super::super::run(
                    Some((
                        "db",
                        super::super::super::__library_of_shop::testing::Fault::FailedStart,
                        super::super::super::__library_of_shop::testing::Moment::Calm,
                    )),
                );
            }
            #[test]
            fn while_a_sibling_restarts() {
                super::super::run(
                    Some((
                        "db",
                        super::super::super::__library_of_shop::testing::Fault::FailedStart,
                        super::super::super::__library_of_shop::testing::Moment::WhileASiblingRestarts,
                    )),
                );
            }
            #[test]
            fn while_the_tree_stops() {
                super::super::run(
                    Some((
                        "db",
                        super::super::super::__library_of_shop::testing::Fault::FailedStart,
                        super::super::super::__library_of_shop::testing::Moment::WhileTheTreeStops,
                    )),
                );
            }
        }
        mod escalate {
            #[test]
            fn calm() {
                super::super::run(
                    Some((
                        "db",
                        super::super::super::__library_of_shop::testing::Fault::Escalate,
                        super::super::super::__library_of_shop::testing::Moment::Calm,
                    )),
                );
            }
            #[test]
            fn while_a_sibling_restarts() {
                super::super::run(
                    Some((
                        "db",
                        super::super::super::__library_of_shop::testing::Fault::Escalate,
                        super::super::super::__library_of_shop::testing::Moment::WhileASiblingRestarts,
                    )),
                );
            }
            #[test]
            fn while_the_tree_stops() {
                super::super::run(
                    Some((
                        "db",
                        super::super::super::__library_of_shop::testing::Fault::Escalate,
                        super::super::super::__library_of_shop::testing::Moment::WhileTheTreeStops,
                    )),
                );
            }
        }
    }
}
