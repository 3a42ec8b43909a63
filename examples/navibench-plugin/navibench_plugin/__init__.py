"""What this package adds to navibench's tables: names to classes, nothing imported until one is asked for."""

from bench.listing import Entry

SYSTEMS = {"followers": Entry("navibench_plugin.followers:Followers", "Whatever followed the user's last items.")}
SCORERS = {"fresh@k": Entry("navibench_plugin.fresh:Fresh", "Share of the first k that the user never had.")}
TASKS = {"own/bakery/next-item": Entry("navibench_plugin.bakery:NEXT", "synthetic: what a customer buys next")}
