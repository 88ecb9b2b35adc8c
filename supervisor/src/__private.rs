//! Items that expansions name and users must not.
