/**
 * Ends a process that runs tests when the one that leads the run has ended, as after a signal to that one alone. It would go
 * on by itself, and the servers of its tests with it.
 */
process.once("disconnect", () => process.exit());
