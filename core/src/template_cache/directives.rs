//! Cache directives.
