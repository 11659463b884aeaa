//! How AWS is reached.
