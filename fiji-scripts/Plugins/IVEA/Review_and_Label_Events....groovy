#@script(label="Review and Label Events...", description="Step through events with the keys, say what each one is, and save the labels for training.", headless=true)
#@ ImagePlus imp
#@ String (label="Events from", description="'auto' goes on with the labels of this movie; if there are none, it takes its last result, else the ROIs of the ROI Manager, else candidates. 'candidates' looks for everything that brightens and keeps also what the network rejects, which is best for training. What is taken is added to the labels that are there.", choices={"auto", "last_result", "result_folder", "roi_manager", "roi_file", "candidates", "none"}, value="auto", persist=false) events_from
#@ String (label="Result folder", description="Folder with the results of this movie, for 'result_folder'.", style="directory", value="", persist=false) result_folder
#@ String (label="ROI file", description="ROI set (.zip) of events or labels, also of the original IVEA, for 'roi_file'.", style="file", value="", persist=false) roi_file
#@ String (label="Label folder", description="Folder of the labels, '<movie>_training_rois.zip' and their history; empty takes the movie's own, where training finds them. A folder for each person keeps the labels of several apart.", style="directory", value="", persist=false) label_folder
#@ String (label="List order", description="'most_informative' begins with the candidates the network is least sure of, by turns from every class, so that few labels go far; 'time' is that of the movie, 'score' begins with the most probable ones.", choices={"most_informative", "time", "score", "number"}, value="most_informative", persist=false) list_order
#@ String (label="Classes", description="Numbers and names of the classes, separated by commas; events from 0 up, artefacts negative. Those that results or labels bring along are added.", value="0 fusion, 1 fusion without cloud, 2 latent fusion, -1 noise, -2 fluctuation, -3 motion, -4 noise fluctuation, -5 focus, -6 docking, -7 undocking, -8 drift", persist=false) classes
#@ String (label="Model", description="Network that judges candidates, for 'candidates'; its name or its folder.", style="model:random", value="evit28", persist=false) model
#@ Integer (label="Channel", description="Channel in which candidates are looked for, counted from 1; 0 takes the one that is shown.", min=0, value=1, persist=false) channel

// Written by `python -m ivea_fiji.cli.reference --write`; change the declarations of IVEA, not this file.
ivea.Ivea.run("review_and_label_events", imp, [events_from: events_from, result_folder: result_folder, roi_file: roi_file, label_folder: label_folder, list_order: list_order, classes: classes, model: model, channel: channel])
return null
