"""The leaderboard: stored reports and submitted runs as one table a question, a comparison, a history a system."""
