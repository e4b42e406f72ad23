#@script(label="Manage Models...", description="List the networks that can be used; verify, import, export and remove them.", headless=true)
#@ String (label="Action", description="'list' tells what is known of every network; 'verify' also compares its files with their checksums and lets it answer its sample; 'import' checks the file or folder named below and adds it to your models; 'export' writes the model named below as a zip; 'remove' takes the model named below, if it is yours, out of the list and keeps its folder elsewhere.", choices={"list", "verify", "import", "export", "remove"}, value="list", persist=false) action
#@ String (label="Model file", description="Zip to import, or to write; of a model of the original IVEA, the zip of its folder. A folder does as well.", style="file", value="", persist=false) model_file
#@ String (label="Model name", description="Model to export or remove; importing, what to call the new one (empty keeps its own name).", style="model", value="", persist=false) model_name
#@ String (label="Author", description="Who made the exported model, for its description.", value="", persist=false) author
#@ Boolean (label="Really remove", description="Without it, 'remove' only tells what it would remove.", value=false, persist=false) really_remove

// Written by `python -m ivea_fiji.cli.reference --write`; change the declarations of IVEA, not this file.
ivea.Ivea.run("manage_models", null, [action: action, model_file: model_file, model_name: model_name, author: author, really_remove: really_remove])
return null
