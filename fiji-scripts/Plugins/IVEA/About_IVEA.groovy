#@script(label="About IVEA", description="Show version, licence, citation and the Python in use.", headless=true)

// Written by `python -m ivea_fiji.cli.reference --write`; change the declarations of IVEA, not this file.
ivea.Ivea.run("about_ivea", null, [:])
return null
