#@script(label="Simulate Movie...", description="Make a movie whose events are known, to try things out.", headless=true)
#@ String (label="Recipe", description="'physics' draws cells, vesicles, optics and cameras at random; 'paper' follows Eq 15-18 of the IVEA paper; 'sensors' draws a layer of fluorescent sensors with hotspot areas; 'synapses' draws boutons on neurites; 'sparks' draws calcium sparks of heart cells.", choices={"physics", "paper", "sensors", "synapses", "sparks"}, value="physics", persist=false) recipe
#@ String (label="Kind of event", description="Which events happen: all kinds, one of them, or none. The paper's recipe knows 'mixed' (clouds of Eq 16) and 'none'; physics the fusions 'ph_sensitive', 'ph_insensitive' and 'latent'; sensors the hotspots 'puff', 'lasting', 'growing' and 'travelling'; synapses 'spontaneous', 'stimulated', 'ammonium' (NH4+ at the end), 'slow' (stimuli that are answered slowly) and 'restless' (slow changes that are no events).", choices={"mixed", "ph_sensitive", "ph_insensitive", "latent", "puff", "lasting", "growing", "travelling", "spontaneous", "stimulated", "ammonium", "slow", "restless", "none"}, value="mixed", persist=false) kind
#@ Integer (label="Seed", description="The same seed and sizes give the same movie.", min=0, max=2147483647, value=1, persist=false) seed
#@ Integer (label="Frames", description="Length of the movie. (frames)", min=8, max=1000000, value=200, persist=false) frames
#@ Integer (label="Height (px)", description="Height of the movie.", min=16, max=16384, value=256, persist=false) height
#@ Integer (label="Width (px)", description="Width of the movie.", min=16, max=16384, value=256, persist=false) width
#@ Integer (label="Events", description="Number of events; 0 leaves it to the recipe (for a movie without any, take the kind 'none').", min=0, max=100000, value=0, persist=false) events
#@ Double (label="Noise factor", description="lambda of Eq 18: how strong the shot noise is. Of the paper's recipe only.", min=0, max=1000, stepSize=0.1, style="format:0.######", value=1.0, persist=false) noise_factor
#@ Double (label="Pixel size (um)", description="Size of a pixel; 0 leaves it to the recipe.", min=0, max=10, stepSize=0.1, style="format:0.######", value=0.0, persist=false) pixel_size_um
#@ Double (label="Frame interval (s)", description="Time from one frame to the next; 0 leaves it to the recipe.", min=0, max=3600, stepSize=0.1, style="format:0.######", value=0.0, persist=false) frame_interval_s
#@ String (label="Name", description="What the files are called: '<name>.tif', '<name>_truth.csv', '<name>_truth_rois.zip'.", value="simulated", persist=false) movie_name
#@ String (label="Output folder", description="Folder of the files; empty keeps them in a temporary folder.", style="directory", value="", persist=false) output_folder

// Written by `python -m ivea_fiji.cli.reference --write`; change the declarations of IVEA, not this file.
ivea.Ivea.run("simulate_movie", null, [recipe: recipe, kind: kind, seed: seed, frames: frames, height: height, width: width, events: events, noise_factor: noise_factor, pixel_size_um: pixel_size_um, frame_interval_s: frame_interval_s, movie_name: movie_name, output_folder: output_folder])
return null
