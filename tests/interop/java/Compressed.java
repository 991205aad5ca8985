import java.nio.file.Files;
import java.nio.file.Path;
import org.bouncycastle.cms.CMSCompressedData;
import org.bouncycastle.cms.CMSCompressedDataGenerator;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.jcajce.ZlibCompressor;
import org.bouncycastle.cms.jcajce.ZlibExpanderProvider;

/** Bouncy Castle unpacks ours.der into unpacked.bin and packs content.bin into theirs.der, all in one folder. */
final class Compressed {
    public static void main(String[] arguments) throws Exception {
        Path folder = Path.of(arguments[0]);
        CMSCompressedData ours = new CMSCompressedData(Files.readAllBytes(folder.resolve("ours.der")));
        Files.write(folder.resolve("unpacked.bin"), ours.getContent(new ZlibExpanderProvider()));
        byte[] content = Files.readAllBytes(folder.resolve("content.bin"));
        CMSCompressedData theirs =
                new CMSCompressedDataGenerator().generate(new CMSProcessableByteArray(content), new ZlibCompressor());
        Files.write(folder.resolve("theirs.der"), theirs.getEncoded());
    }
}
