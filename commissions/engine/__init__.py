"""The run of a period as set-based SQL: `inputs` is what a run sees, `touched` what can have changed since
the last closed period, `post` works out every target and adds the differences."""
