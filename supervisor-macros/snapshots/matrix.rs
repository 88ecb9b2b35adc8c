fn shop() -> Tree<Shop> {
    Shop::tree()
}
#[cfg(test)]
mod shop {
    fn run(
        case: Option<(&str, ::supervisor::testing::Fault, ::supervisor::testing::Moment)>,
    ) {
        let matrix = ::supervisor::testing::MatrixSource::matrix_of(super::shop);
        match case {
            Some((path, fault, moment)) => matrix.run_case(path, fault, moment),
            None => matrix.run_children(&["r#type/#1"]),
        }
    }
    #[test]
    fn the_tree_has_these_children() {
        run(None);
    }
    mod r_type__1 {
        mod error {
            #[test]
            fn calm() {
                super::super::run(
                    Some((
                        "r#type/#1",
                        ::supervisor::testing::Fault::Error,
                        ::supervisor::testing::Moment::Calm,
                    )),
                );
            }
            #[test]
            fn while_a_sibling_restarts() {
                super::super::run(
                    Some((
                        "r#type/#1",
                        ::supervisor::testing::Fault::Error,
                        ::supervisor::testing::Moment::WhileASiblingRestarts,
                    )),
                );
            }
            #[test]
            fn while_the_tree_stops() {
                super::super::run(
                    Some((
                        "r#type/#1",
                        ::supervisor::testing::Fault::Error,
                        ::supervisor::testing::Moment::WhileTheTreeStops,
                    )),
                );
            }
        }
        mod panic {
            #[test]
            fn calm() {
                super::super::run(
                    Some((
                        "r#type/#1",
                        ::supervisor::testing::Fault::Panic,
                        ::supervisor::testing::Moment::Calm,
                    )),
                );
            }
            #[test]
            fn while_a_sibling_restarts() {
                super::super::run(
                    Some((
                        "r#type/#1",
                        ::supervisor::testing::Fault::Panic,
                        ::supervisor::testing::Moment::WhileASiblingRestarts,
                    )),
                );
            }
            #[test]
            fn while_the_tree_stops() {
                super::super::run(
                    Some((
                        "r#type/#1",
                        ::supervisor::testing::Fault::Panic,
                        ::supervisor::testing::Moment::WhileTheTreeStops,
                    )),
                );
            }
        }
        mod ok {
            #[test]
            fn calm() {
                super::super::run(
                    Some((
                        "r#type/#1",
                        ::supervisor::testing::Fault::Ok,
                        ::supervisor::testing::Moment::Calm,
                    )),
                );
            }
            #[test]
            fn while_a_sibling_restarts() {
                super::super::run(
                    Some((
                        "r#type/#1",
                        ::supervisor::testing::Fault::Ok,
                        ::supervisor::testing::Moment::WhileASiblingRestarts,
                    )),
                );
            }
            #[test]
            fn while_the_tree_stops() {
                super::super::run(
                    Some((
                        "r#type/#1",
                        ::supervisor::testing::Fault::Ok,
                        ::supervisor::testing::Moment::WhileTheTreeStops,
                    )),
                );
            }
        }
        mod hang {
            #[test]
            fn calm() {
                super::super::run(
                    Some((
                        "r#type/#1",
                        ::supervisor::testing::Fault::Hang,
                        ::supervisor::testing::Moment::Calm,
                    )),
                );
            }
            #[test]
            fn while_a_sibling_restarts() {
                super::super::run(
                    Some((
                        "r#type/#1",
                        ::supervisor::testing::Fault::Hang,
                        ::supervisor::testing::Moment::WhileASiblingRestarts,
                    )),
                );
            }
            #[test]
            fn while_the_tree_stops() {
                super::super::run(
                    Some((
                        "r#type/#1",
                        ::supervisor::testing::Fault::Hang,
                        ::supervisor::testing::Moment::WhileTheTreeStops,
                    )),
                );
            }
        }
        mod hang_at_stop {
            #[test]
            fn calm() {
                super::super::run(
                    Some((
                        "r#type/#1",
                        ::supervisor::testing::Fault::HangAtStop,
                        ::supervisor::testing::Moment::Calm,
                    )),
                );
            }
            #[test]
            fn while_a_sibling_restarts() {
                super::super::run(
                    Some((
                        "r#type/#1",
                        ::supervisor::testing::Fault::HangAtStop,
                        ::supervisor::testing::Moment::WhileASiblingRestarts,
                    )),
                );
            }
            #[test]
            fn while_the_tree_stops() {
                super::super::run(
                    Some((
                        "r#type/#1",
                        ::supervisor::testing::Fault::HangAtStop,
                        ::supervisor::testing::Moment::WhileTheTreeStops,
                    )),
                );
            }
        }
        mod kill {
            #[test]
            fn calm() {
                super::super::run(
                    Some((
                        "r#type/#1",
                        ::supervisor::testing::Fault::Kill,
                        ::supervisor::testing::Moment::Calm,
                    )),
                );
            }
            #[test]
            fn while_a_sibling_restarts() {
                super::super::run(
                    Some((
                        "r#type/#1",
                        ::supervisor::testing::Fault::Kill,
                        ::supervisor::testing::Moment::WhileASiblingRestarts,
                    )),
                );
            }
            #[test]
            fn while_the_tree_stops() {
                super::super::run(
                    Some((
                        "r#type/#1",
                        ::supervisor::testing::Fault::Kill,
                        ::supervisor::testing::Moment::WhileTheTreeStops,
                    )),
                );
            }
        }
        mod failed_start {
            #[test]
            fn calm() {
                super::super::run(
                    Some((
                        "r#type/#1",
                        ::supervisor::testing::Fault::FailedStart,
                        ::supervisor::testing::Moment::Calm,
                    )),
                );
            }
            #[test]
            fn while_a_sibling_restarts() {
                super::super::run(
                    Some((
                        "r#type/#1",
                        ::supervisor::testing::Fault::FailedStart,
                        ::supervisor::testing::Moment::WhileASiblingRestarts,
                    )),
                );
            }
            #[test]
            fn while_the_tree_stops() {
                super::super::run(
                    Some((
                        "r#type/#1",
                        ::supervisor::testing::Fault::FailedStart,
                        ::supervisor::testing::Moment::WhileTheTreeStops,
                    )),
                );
            }
        }
        mod escalate {
            #[test]
            fn calm() {
                super::super::run(
                    Some((
                        "r#type/#1",
                        ::supervisor::testing::Fault::Escalate,
                        ::supervisor::testing::Moment::Calm,
                    )),
                );
            }
            #[test]
            fn while_a_sibling_restarts() {
                super::super::run(
                    Some((
                        "r#type/#1",
                        ::supervisor::testing::Fault::Escalate,
                        ::supervisor::testing::Moment::WhileASiblingRestarts,
                    )),
                );
            }
            #[test]
            fn while_the_tree_stops() {
                super::super::run(
                    Some((
                        "r#type/#1",
                        ::supervisor::testing::Fault::Escalate,
                        ::supervisor::testing::Moment::WhileTheTreeStops,
                    )),
                );
            }
        }
    }
}
