#@script(label="Set Up Python...", description="Choose, check or build the Python environment that runs IVEA.", headless=true)
#@ String (label="Action", description="'check' tells which Python is used and whether it works; 'use' takes the environment named below from now on; 'build' makes an environment of its own from the Python package index, which takes a few minutes.", choices={"check", "use", "build"}, value="check", persist=false) action
#@ String (label="Environment", description="Folder of a Python environment (venv or conda) in which ivea-fiji is installed, or its python program.", style="directory", value="", persist=false) environment

// Written by `python -m ivea_fiji.cli.reference --write`; change the declarations of IVEA, not this file.
ivea.Ivea.run("set_up_python", null, [action: action, environment: environment])
return null
