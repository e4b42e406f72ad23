#@script(label="Save Labels as Model...", description="Save a model whose second look has learned the labels of this movie; detection can use it at once.", headless=true)
#@ ImagePlus imp
#@ String (label="Label file", description="Labels of this movie, such as '<movie>_training_rois.zip'; empty takes those beside the movie.", style="file", value="", persist=false) label_file
#@ String (label="Name", description="Name of the new model, also of its folder; none that is taken.", value="my-model", persist=false) new_name
#@ Integer (label="Channel", description="Channel to analyse, counted from 1; 0 takes the one that is shown.", min=0, value=1, persist=false) channel
#@ Integer (label="First frame", description="First frame to analyse, counted from 1 as ImageJ shows it.", min=1, value=1, persist=false) first_frame
#@ Integer (label="Last frame", description="Last frame to analyse; 0 means the end of the movie.", min=0, value=0, persist=false) last_frame
#@ Double (label="Pixel size (um)", description="Size of a pixel; 0 takes it from the file.", min=0, max=100, stepSize=0.1, style="format:0.######", value=0.0, persist=false) pixel_size_um
#@ Double (label="Frame interval (s)", description="Time from one frame to the next; 0 takes it from the file.", min=0, max=86400, stepSize=0.1, style="format:0.######", value=0.0, persist=false) frame_interval_s
#@ String (label="Model", description="Name of the network, or the folder of one; Manage Models... and 'ivea models' list them.", style="model:random", value="evit28", persist=false) model
#@ Double (label="Confidence", description="Smallest probability of an event; 0 takes the threshold that was chosen for the model on validation movies.", min=0, max=1, stepSize=0.05, style="format:0.######", value=0.0, persist=false) confidence
#@ Integer (label="Search radius (px)", description="Candidates closer than this belong to one site, and events are measured within it.", min=1, max=32, value=3, persist=false) search_radius
#@ Double (label="Threshold factor", description="Multiplies the detection thresholds (the paper's theta): below 1 finds weaker candidates, above 1 fewer.", min=0.1, max=20, stepSize=0.1, style="format:0.######", value=1.0, persist=false) threshold_factor
#@ Boolean (label="Use selection as cell", description="Take the selection drawn on the movie as the outline of the cell.", value=false, persist=false) use_selection

// Written by `python -m ivea_fiji.cli.reference --write`; change the declarations of IVEA, not this file.
ivea.Ivea.run("save_labels_as_model", imp, [label_file: label_file, new_name: new_name, channel: channel, first_frame: first_frame, last_frame: last_frame, pixel_size_um: pixel_size_um, frame_interval_s: frame_interval_s, model: model, confidence: confidence, search_radius: search_radius, threshold_factor: threshold_factor, use_selection: use_selection])
return null
