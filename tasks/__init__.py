"""What can be done, one file per task.

A task yields one result per picture of its recipe; a new one is a subclass of :class:`Task` in a file of this folder.
"""

import importlib
import pkgutil

from tasks.base import OnResult, Result, Run, Task, task_of, versions

for _module in pkgutil.iter_modules(__path__, f"{__name__}."):
    importlib.import_module(_module.name)  # a class of this folder makes its task known

__all__ = ["OnResult", "Result", "Run", "Task", "task_of", "versions"]
