"""``python -m gpu_status_panel``."""

from ._cli import main

if __name__ == "__main__":
    main()
