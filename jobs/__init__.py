"""Run recipes durably, and keep what they need."""
