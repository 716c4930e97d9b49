"""GitHub and GitLab: where a comment on a change goes, and how it gets there."""
