"""What can be done, one file per task.

A task is a function of its recipe that yields one result per picture; a new one is a file of its own, a row here and
its name in ``recipe.Task``.
"""

from tasks import background, create
from tasks.base import OnResult, Result, Run, Task, versions

__all__ = ["TASKS", "OnResult", "Result", "Run", "Task", "versions"]

TASKS: dict[str, Task] = {"background": background.run, "create": create.run}
"""Every task by the name that recipes carry."""
