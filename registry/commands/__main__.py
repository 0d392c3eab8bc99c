"""`python -m registry.commands …` is `daicho …`."""
from . import main

if __name__ == '__main__':
    main()
