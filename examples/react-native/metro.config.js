const path = require("node:path");
const { getDefaultConfig, mergeConfig } = require("@react-native/metro-config");

// The two packages of `sdk/` are links to beside this folder, and find what they need in here.
const sdk = path.resolve(__dirname, "../../sdk");

module.exports = mergeConfig(getDefaultConfig(__dirname), {
  watchFolders: [path.join(sdk, "js"), path.join(sdk, "react-native")],
  resolver: {
    disableHierarchicalLookup: true,
    nodeModulesPaths: [path.join(__dirname, "node_modules")],
  },
});
