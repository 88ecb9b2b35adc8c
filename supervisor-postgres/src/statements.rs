//! The statements. Each is sent without a name and commits by itself, so that it works through a
//! pooler in transaction mode.
//!
//! # Invariants
//!
//! 1. Only the clock of the server decides when a lease ends, and it is read after the row is locked.
//! 2. A renewal and a release compare the holder.
//! 3. The fence of a row grows with each acquisition, and nothing else changes it. It comes from a
//!    sequence, so that it grows even after a row was deleted, and skips numbers.
//! 4. An acquisition changes a column of a unique index, and nothing else does. So it alone conflicts
//!    with transactions that have checked the fence (`FOR KEY SHARE`); a renewal does not wait for them.

/// The table.
pub(crate) const TABLE: &str = "supervisor_leases";

/// The clock of the server, in microseconds.
macro_rules! server_time {
    () => {
        "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS server_time"
    };
}

/// Turns `synchronous_commit` on for this statement, so that a crash of the server does not lose an
/// acquisition or a renewal that was answered.
macro_rules! durably {
    () => {
        "CASE WHEN current_setting('synchronous_commit') IN ('off', 'local') \
              THEN set_config('synchronous_commit', 'on', true) END"
    };
}

/// Reads whether the table is in the search path.
pub(crate) const FIND: &str = "SELECT to_regclass('supervisor_leases') IS NOT NULL AS found";

/// Lets one replica at a time create the table: `IF NOT EXISTS` looks, and then inserts into the catalogue,
/// where two that do so at once collide. The number is the first eight letters of the table's name.
pub(crate) const CREATE_ALONE: &str = "SELECT pg_advisory_xact_lock(8319679467651230067)";

/// Creates the table.
pub(crate) const CREATE: &str = "\
CREATE TABLE IF NOT EXISTS supervisor_leases (
    lease      text        PRIMARY KEY,
    holder     text,
    fence      bigint      GENERATED ALWAYS AS IDENTITY,
    expires_at timestamptz NOT NULL,
    replica    text        NOT NULL DEFAULT '',
    UNIQUE (lease, fence)
)";

/// Reads whether a lease (`$1`) is held, and for how many microseconds.
pub(crate) const LOOK: &str = concat!(
    "SELECT holder IS NOT NULL AND expires_at > clock_timestamp() AS held, \
            (greatest(extract(epoch FROM expires_at - clock_timestamp()), 0) * 1000000)::bigint \
                AS remaining, ",
    server_time!(),
    " FROM supervisor_leases WHERE lease = $1"
);

/// Lists the leases that are held and whose names begin with a text (`$1`).
pub(crate) const HELD: &str = "\
SELECT lease FROM supervisor_leases \
WHERE left(lease, length($1)) = $1 AND holder IS NOT NULL AND expires_at > clock_timestamp()";

/// Inserts the row of a lease (`$1`), as a free one.
pub(crate) const ADD: &str = "\
INSERT INTO supervisor_leases (lease, expires_at) VALUES ($1, clock_timestamp()) \
ON CONFLICT (lease) DO NOTHING";

/// Acquires a lease (`$1`) for a holder (`$2`), for some microseconds (`$3`), in a replica of this name
/// (`$4`). A row that is locked is skipped: a statement that waited for the lock might acquire the
/// lease after the replica that has sent it has stopped waiting for the answer.
pub(crate) const ACQUIRE: &str = concat!(
    "UPDATE supervisor_leases \
     SET holder = $2, fence = DEFAULT, replica = $4, \
         expires_at = clock_timestamp() + $3::bigint * interval '1 microsecond' \
     WHERE (holder IS NULL OR expires_at <= clock_timestamp()) AND lease = (\
         SELECT lease FROM supervisor_leases \
         WHERE lease = $1 AND (holder IS NULL OR expires_at <= clock_timestamp()) \
         FOR UPDATE SKIP LOCKED) \
     RETURNING fence, ",
    server_time!(),
    ", ",
    durably!()
);

/// Renews the lease (`$1`) of a holder (`$2`) for some microseconds (`$3`).
pub(crate) const RENEW: &str = concat!(
    "UPDATE supervisor_leases \
     SET expires_at = clock_timestamp() + $3::bigint * interval '1 microsecond' \
     WHERE lease = $1 AND holder = $2 AND expires_at > clock_timestamp() \
     RETURNING ",
    server_time!(),
    ", ",
    durably!()
);

/// Releases the lease (`$1`) of a holder (`$2`), and notifies those that listen.
pub(crate) const RELEASE: &str = "\
WITH released AS (\
    UPDATE supervisor_leases SET holder = NULL, expires_at = clock_timestamp() \
    WHERE lease = $1 AND holder = $2 RETURNING lease) \
SELECT pg_notify('supervisor_leases', lease) FROM released";

/// Subscribes to the notifications of [`RELEASE`].
pub(crate) const LISTEN: &str = "LISTEN supervisor_leases";

/// Reads the fence of a lease (`$1`), and keeps it from growing until the transaction ends.
pub(crate) const CHECK: &str = "\
SELECT fence, holder IS NOT NULL AS held FROM supervisor_leases WHERE lease = $1 FOR KEY SHARE";
