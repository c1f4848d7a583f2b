import ONNXGraph
import Tensors

extension OutputFormat {
  /// Bare heads.
  static let headMaps = OutputFormat(
    form: .headsLogit, columns: "two to five maps `[N, a*(5+nc), H, W]` or of five axes",
    writers: "exports cut before the decode"
  ) { $0.headMaps() }
}

extension Recognizer {
  /// Two to five maps of the same channels, each grid half as wide and high as the one before.
  fileprivate func headMaps() -> Ending? {
    for candidate in families() {
      let maps = candidate.maps.finestFirst
      guard (2...5).contains(maps.count), isPyramid(maps) else { continue }
      let sigmoids = maps.filter { structure.isThroughSigmoid($0.name) }
      var differences = candidate.differences
      if !sigmoids.isEmpty, sigmoids.count < maps.count {
        let without = maps.filter { !sigmoids.contains($0) }.map { "'\(shown: $0.name)'" }
        differences.append(
          "\(without.joined(separator: ", ")) has not been through a sigmoid, the other maps have")
      }
      var notes: [String] = []
      if sigmoids.isEmpty {
        notes.append("the maps are logits: a decoder has to apply the sigmoid itself")
      }
      if maps != candidate.maps { notes.append("the maps are not given finest first") }
      var ending = Ending(sigmoids.isEmpty ? .headsLogit : .headsSigmoid)
      ending.maps = BareMaps(maps: maps, areThroughSigmoid: !sigmoids.isEmpty)
      ending.classCount = maps[0].channels - 5
      ending.geometry = DecodeGeometry(layout: maps.layout)
      ending.oneSidedOutputs = outputs(without: maps.map(\.name))
      ending.differences = differences
      ending.notes = notes
      return ending
    }
    return nil
  }

  /// Outputs that could be the maps of one detector, in the graph's order.
  private func families() -> [(maps: [HeadMap], differences: [String])] {
    let rank4 = Dictionary(grouping: floatOutputs.filter { $0.shape.rank == 4 }) { $0.shape[1] }
    let merged = rank4.keys.sorted().compactMap { channels -> ([HeadMap], [String])? in
      guard let (anchors, differences) = anchors(ofChannels: channels) else { return nil }
      let maps = rank4[channels]!.compactMap {
        HeadMap(name: $0.name, shape: $0.shape, axes: .merged, anchors: anchors)
      }
      return (maps, differences)
    }
    let rank5 = floatOutputs.filter { $0.shape.rank == 5 }
    let separate = [HeadMap.Axes.channelsLast, .channelsFirst].flatMap { axes in
      let maps = rank5.compactMap {
        HeadMap(name: $0.name, shape: $0.shape, axes: axes, anchors: $0.shape[1])
      }
      return Dictionary(grouping: maps) { [$0.anchors, $0.channels] }.values.map { maps in
        (maps, classDifferences(maps[0].channels - 5, "the maps have room for"))
      }.sorted { $0.0[0].name < $1.0[0].name }
    }
    return merged + separate
  }

  /// How many anchors share the channels of a map: as the number of classes has it, else three.
  private func anchors(ofChannels channels: Int) -> (Int, differences: [String])? {
    for classes in [namedClasses, expectedClasses].compactMap({ $0 }) where classes > 0 {
      let each = 5 &+ classes
      if each > 5, channels % each == 0, (1...16).contains(channels / each) {
        return (channels / each, [])
      }
    }
    guard channels % 3 == 0, channels / 3 > 5 else { return nil }
    return (3, classDifferences(channels / 3 - 5, "the maps have room for"))
  }

  private func isPyramid(_ maps: [HeadMap]) -> Bool {
    zip(maps, maps.dropFirst()).allSatisfy { finer, coarser in
      (finer.rows - 1) / 2 + 1 == coarser.rows && (finer.columns - 1) / 2 + 1 == coarser.columns
    }
  }
}
