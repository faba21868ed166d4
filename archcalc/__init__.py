"""Architecture cost analysis of neural networks: shapes, parameters and multiply-adds from a declarative spec."""

TYPE_CHECKING = False  # but true to a type checker; to import that name would take longer than all the rest here
if TYPE_CHECKING:
    from archcalc.address import ask
    from archcalc.comparison import Comparison, compare
    from archcalc.core.errors import ArchcalcError, SpecError
    from archcalc.network import Network, from_torch, load, names
    from archcalc.report import Report, Row

__version__ = "0.1.0"
__all__ = ["ArchcalcError", "Comparison", "Network", "Report", "Row", "SpecError"]
__all__ += ["ask", "compare", "from_torch", "load", "names"]


def __getattr__(name: str) -> object:
    """What is not here yet: imported when it is asked for, so that the command line can see to interrupts first."""
    from archcalc.address import ask
    from archcalc.comparison import Comparison, compare
    from archcalc.core.errors import ArchcalcError, SpecError
    from archcalc.network import Network, from_torch, load, names
    from archcalc.report import Report, Row

    found = (ArchcalcError, Comparison, Network, Report, Row, SpecError, ask, compare, from_torch, load, names)
    globals().update(zip(__all__, found, strict=True))
    if name not in globals():
        raise AttributeError(f"module 'archcalc' has no attribute {name!r}")
    return globals()[name]
