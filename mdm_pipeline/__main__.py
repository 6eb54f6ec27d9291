"""`python -m mdm_pipeline` is `mdm`."""

from mdm_pipeline.cli.main import main

main()
