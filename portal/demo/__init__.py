"""The demo program: an invented company, its partners and what happened with them, told month by month.

`draft` says what is to happen, drawn from a fixed seed relative to the day on which the demo was begun;
`load` makes it happen, in the order of time and through the services that a person would use.
"""
