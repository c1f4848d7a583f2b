import Glibc
import Tensors

/// The logits of a detector's head maps, of one image.
package struct HeadValues: Sendable {
  struct Scale: Sendable {
    let grid: CellLayout.Scale
    /// Channels of each anchor.
    let channels: Int
    /// `[anchors * channels, rows, columns]`
    let logits: [Float]

    /// How many logits stand for one channel.
    var planeSize: Int { grid.cellsPerAnchor }
  }

  package let layout: CellLayout
  package let classCount: Int
  let scales: [Scale]

  /// - Parameters:
  ///   - heads: maps, finest first.
  ///   - tensors: what a run gave for the maps.
  ///   - image: the image's place in the batch.
  package init(
    _ heads: ReferenceHeads, classCount: Int, in tensors: [String: Tensor], image: Int
  ) throws(DetectionError) {
    layout = heads.maps.layout
    self.classCount = classCount
    var scales: [Scale] = []
    for (map, grid) in zip(heads.maps, layout.scales) {
      guard let tensor = try tensors[map.name]?.asFloat32() else {
        throw DetectionError("the run gave no tensor '\(shown: map.name)'")
      }
      let count = map.cellCount * map.channels
      let (total, overflow) = count.multipliedReportingOverflow(by: image + 1)
      guard map.channels >= 5 + classCount, !overflow, tensor.shape.elementCount >= total else {
        throw DetectionError(
          "'\(shown: map.name)' has shape \(tensor.shape), expected \(count) numbers for each image"
        )
      }
      var values = tensor.withElements(of: Float.self) { Array($0[image * count..<total]) }
      if map.axes == .channelsLast { values = Self.channelsFirst(values, map) }
      if heads.areThroughSigmoid { values = values.map(\.logit) }
      scales.append(Scale(grid: grid, channels: map.channels, logits: values))
    }
    self.scales = scales
  }

  /// `[anchors, places, channels]` as `[anchors, channels, places]`.
  private static func channelsFirst(_ values: [Float], _ map: HeadMap) -> [Float] {
    let places = map.rows * map.columns
    var sorted = values
    for anchor in 0..<map.anchors {
      let first = anchor * places * map.channels
      for channel in 0..<map.channels {
        for place in 0..<places {
          sorted[first + channel * places + place] = values[first + place * map.channels + channel]
        }
      }
    }
    return sorted
  }
}

/// The head maps that the reference decodes.
package struct ReferenceHeads: Sendable {
  /// Finest first.
  package let maps: [HeadMap]
  package let areThroughSigmoid: Bool

  package init(maps: [HeadMap], areThroughSigmoid: Bool) {
    self.maps = maps
    self.areThroughSigmoid = areThroughSigmoid
  }

  package var names: [String] { maps.map(\.name) }
}

extension Ending {
  /// The reference heads that are not observed anyway.
  package var headsBesideObserved: [String] {
    let observed = observedTensors
    return (referenceHeads?.names ?? []).filter { !observed.contains($0) }
  }

  /// The head maps that the graph's decode starts from, or that a decode would start from; `nil`
  /// when they are not known.
  package var referenceHeads: ReferenceHeads? {
    if let maps {
      return ReferenceHeads(maps: maps.maps, areThroughSigmoid: maps.areThroughSigmoid)
    }
    if let yoloLayer {
      return ReferenceHeads(
        maps: (yoloLayer.logits ?? yoloLayer.maps).finestFirst,
        areThroughSigmoid: yoloLayer.logits == nil)
    }
    return decodedHeads.isEmpty ? nil : ReferenceHeads(maps: decodedHeads, areThroughSigmoid: false)
  }
}

extension Float {
  /// What a sigmoid gives this value for.
  fileprivate var logit: Float {
    let value = Double(self)
    return Float(Glibc.log(value / (1 - value)))
  }
}
