/** A run: an immutable plan and the facts known so far. */

/** `needs.<id>.result`, in GitHub's own words. Source: actions/runner ActionResult.cs */
export type Conclusion = 'success' | 'failure' | 'cancelled' | 'skipped'
