"""Access logs: lines in, counts of days and pages out."""
