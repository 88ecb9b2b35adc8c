//! A supervisor's own account of its state.

use supervisor::info::{ChildCount, ChildInfo, ChildKind, ChildState};

use super::{
    recorder::Recorder,
    tree::{TreeHandles, join},
};
use crate::otp::trace::View;

/// Returns the view of a supervisor that runs.
pub(super) async fn alive(
    handles: &TreeHandles,
    recorder: &Recorder,
    path: &str,
) -> Result<View, String> {
    let handle = handles.get(path).ok_or_else(|| format!("no handle of `{path}`"))?;
    let supervisor = handle.supervisor();
    let error = |error| format!("`{path}` runs, and says: {error}");
    let children = supervisor.which_children().await.map_err(error)?;
    let count = supervisor.count_children().await.map_err(error)?;
    Ok(View::Alive {
        which_children: listed(recorder, path, &children),
        count_children: counted(count),
    })
}

/// Lists the workers of a pool by number, other children in the order given.
pub(super) fn listed(recorder: &Recorder, path: &str, children: &[ChildInfo]) -> Vec<String> {
    let mut children: Vec<&ChildInfo> = children.iter().collect();
    if let Some(ChildInfo { name, .. }) = children.first()
        && name.starts_with('#')
    {
        children.sort_by_key(|child| child.name[1..].parse::<u64>().ok());
    }
    children.into_iter().map(|child| listed_child(recorder, path, child)).collect()
}

fn listed_child(recorder: &Recorder, path: &str, child: &ChildInfo) -> String {
    let name = &child.name;
    let state = match child.state {
        state if state.is_down() => " stopped".to_owned(),
        ChildState::Restarting => " restarting".to_owned(),
        ChildState::Running => match recorder.start_of(&join(path, name), child.incarnation) {
            Some(start) => format!("@{start}"),
            None => format!(" (unknown life {})", child.incarnation),
        },
        other => format!(" {other}"),
    };
    let kind = if child.kind == ChildKind::Supervisor { " supervisor" } else { "" };
    format!("{name}{state}{kind}")
}

pub(super) fn counted(count: ChildCount) -> [usize; 4] {
    [count.specs, count.active, count.supervisors, count.workers]
}
