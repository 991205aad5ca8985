import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Security;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.cms.GCMParameters;
import org.bouncycastle.asn1.nist.NISTObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x509.AlgorithmIdentifier;
import org.bouncycastle.cms.CMSAlgorithm;
import org.bouncycastle.cms.CMSAuthEnvelopedData;
import org.bouncycastle.cms.CMSAuthEnvelopedDataGenerator;
import org.bouncycastle.cms.CMSEnvelopedData;
import org.bouncycastle.cms.CMSEnvelopedDataGenerator;
import org.bouncycastle.cms.CMSException;
import org.bouncycastle.cms.CMSProcessableByteArray;
import org.bouncycastle.cms.PasswordRecipient;
import org.bouncycastle.cms.Recipient;
import org.bouncycastle.cms.RecipientInfoGenerator;
import org.bouncycastle.cms.RecipientInformation;
import org.bouncycastle.cms.RecipientInformationStore;
import org.bouncycastle.cms.RecipientOperator;
import org.bouncycastle.cms.jcajce.JceCMSContentEncryptorBuilder;
import org.bouncycastle.cms.jcajce.JceKEKAuthEnvelopedRecipient;
import org.bouncycastle.cms.jcajce.JceKEKEnvelopedRecipient;
import org.bouncycastle.cms.jcajce.JceKEKRecipientInfoGenerator;
import org.bouncycastle.cms.jcajce.JceKEMEnvelopedRecipient;
import org.bouncycastle.cms.jcajce.JceKEMRecipient;
import org.bouncycastle.cms.jcajce.JceKEMRecipientId;
import org.bouncycastle.cms.jcajce.JceKEMRecipientInfoGenerator;
import org.bouncycastle.cms.jcajce.JceKeyAgreeAuthEnvelopedRecipient;
import org.bouncycastle.cms.jcajce.JceKeyAgreeEnvelopedRecipient;
import org.bouncycastle.cms.jcajce.JceKeyAgreeRecipientId;
import org.bouncycastle.cms.jcajce.JceKeyAgreeRecipientInfoGenerator;
import org.bouncycastle.cms.jcajce.JceKeyTransAuthEnvelopedRecipient;
import org.bouncycastle.cms.jcajce.JceKeyTransEnvelopedRecipient;
import org.bouncycastle.cms.jcajce.JceKeyTransRecipientId;
import org.bouncycastle.cms.jcajce.JceKeyTransRecipientInfoGenerator;
import org.bouncycastle.cms.jcajce.JcePasswordEnvelopedRecipient;
import org.bouncycastle.cms.jcajce.JcePasswordRecipientInfoGenerator;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JcaPEMKeyConverter;
import org.bouncycastle.operator.InputAEADDecryptor;
import org.bouncycastle.operator.OutputAEADEncryptor;
import org.bouncycastle.operator.jcajce.JcaAlgorithmParametersConverter;

/**
 * Envelopes opened and made by Bouncy Castle: a task a line, an answer a line; files in the folder of the first
 * argument, with the keys KIND.key and KIND.crt, password and shared-key as octets, and the content document.
 *
 * Tasks, fields parted by tabs: "open", a name, the envelope's file, who opens; "seal", a name, for whom, a cipher,
 * options parted by commas. Answer: the name, and "good" (opened to the content, or written as NAME.theirs) or why
 * not. What was opened stands in NAME.opened.
 */
final class CastleEnvelopes {
    private final Path folder;
    private final byte[] document;

    private CastleEnvelopes(Path folder) throws IOException {
        this.folder = folder;
        this.document = Files.readAllBytes(folder.resolve("document"));
    }

    public static void main(String[] arguments) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        CastleEnvelopes worker = new CastleEnvelopes(Path.of(arguments[0]));
        PrintStream out = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        BufferedReader tasks = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = tasks.readLine(); line != null; line = tasks.readLine()) {
            String[] fields = line.split("\t", -1);
            out.println(fields[1] + "\t" + worker.answer(fields));
        }
        out.flush();
    }

    private String answer(String[] fields) {
        try {
            if (fields[0].equals("open")) {
                byte[] content = open(fields[2], fields[3]);
                Files.write(folder.resolve(fields[1] + ".opened"), content);
                return Arrays.equals(document, content) ? "good" : "another content";
            }
            Files.write(folder.resolve(fields[1] + ".theirs"), seal(fields[2], fields[3], fields[4]));
            return "good";
        } catch (Exception e) {
            StringBuilder why = new StringBuilder();
            for (Throwable at = e; at != null; at = at.getCause()) {
                why.append(at.getClass().getSimpleName()).append(": ").append(at.getMessage()).append("; ");
            }
            return why.toString().replace('\n', ' ').replace('\t', ' ');
        }
    }

    private byte[] open(String file, String opener) throws Exception {
        byte[] envelope = Files.readAllBytes(folder.resolve(file));
        boolean authenticated = org.bouncycastle.asn1.cms.ContentInfo.getInstance(envelope).getContentType()
            .equals(org.bouncycastle.asn1.cms.CMSObjectIdentifiers.authEnvelopedData);
        RecipientInformationStore store = authenticated
            ? new CMSAuthEnvelopedData(envelope).getRecipientInfos()
            : new CMSEnvelopedData(envelope).getRecipientInfos();
        RecipientInformation found = switch (opener) {
            case "password", "shared-key" -> store.getRecipients().iterator().next();
            case "rsa-3072" -> store.get(new JceKeyTransRecipientId(certificate(opener)));
            case "ml-kem-768", "ml-kem-1024" -> store.get(new JceKEMRecipientId(certificate(opener)));
            default -> store.get(new JceKeyAgreeRecipientId(certificate(opener)));
        };
        if (found == null) {
            throw new CMSException("no recipient for the certificate");
        }
        return found.getContent(recipient(opener, authenticated));
    }

    private Recipient recipient(String opener, boolean authenticated) throws Exception {
        switch (opener) {
            case "password":
                var byPassword = new JcePasswordEnvelopedRecipient(password());
                return byPassword.setPasswordConversionScheme(PasswordRecipient.PKCS5_SCHEME2_UTF8).setProvider("BC");
            case "shared-key":
                var key = new SecretKeySpec(Files.readAllBytes(folder.resolve("shared-key")), "AES");
                return authenticated
                    ? new JceKEKAuthEnvelopedRecipient(key).setProvider("BC")
                    : new JceKEKEnvelopedRecipient(key).setProvider("BC");
            case "rsa-3072":
                return authenticated
                    ? new JceKeyTransAuthEnvelopedRecipient(key(opener)).setProvider("BC")
                    : new JceKeyTransEnvelopedRecipient(key(opener)).setProvider("BC");
            case "ml-kem-768", "ml-kem-1024":
                return authenticated
                    ? new EncapsulatedGcm(key(opener)).setProvider("BC")
                    : new JceKEMEnvelopedRecipient(key(opener)).setProvider("BC");
            default:
                return authenticated
                    ? new JceKeyAgreeAuthEnvelopedRecipient(key(opener)).setProvider("BC")
                    : new JceKeyAgreeEnvelopedRecipient(key(opener)).setProvider("BC");
        }
    }

    private byte[] seal(String whom, String cipher, String options) throws Exception {
        ASN1ObjectIdentifier by = switch (cipher) {
            case "aes-128-cbc" -> CMSAlgorithm.AES128_CBC;
            case "aes-192-cbc" -> CMSAlgorithm.AES192_CBC;
            case "aes-256-cbc" -> CMSAlgorithm.AES256_CBC;
            case "aes-128-gcm" -> CMSAlgorithm.AES128_GCM;
            case "aes-192-gcm" -> CMSAlgorithm.AES192_GCM;
            case "aes-256-gcm" -> CMSAlgorithm.AES256_GCM;
            default -> CMSAlgorithm.DES_EDE3_CBC;
        };
        RecipientInfoGenerator recipient = generator(whom, options);
        var encryptor = new JceCMSContentEncryptorBuilder(by).setProvider("BC").build();
        CMSProcessableByteArray content = new CMSProcessableByteArray(document);
        if (encryptor instanceof OutputAEADEncryptor authenticating) {
            CMSAuthEnvelopedDataGenerator generator = new CMSAuthEnvelopedDataGenerator();
            generator.addRecipientInfoGenerator(recipient);
            return generator.generate(content, authenticating).getEncoded();
        }
        CMSEnvelopedDataGenerator generator = new CMSEnvelopedDataGenerator();
        generator.addRecipientInfoGenerator(recipient);
        return generator.generate(content, encryptor).getEncoded();
    }

    private RecipientInfoGenerator generator(String whom, String options) throws Exception {
        switch (whom) {
            case "password":
                return new JcePasswordRecipientInfoGenerator(CMSAlgorithm.AES256_CBC, password())
                    .setProvider("BC").setPasswordConversionScheme(PasswordRecipient.PKCS5_SCHEME2_UTF8);
            case "shared-key":
                var key = new SecretKeySpec(Files.readAllBytes(folder.resolve("shared-key")), "AES");
                return new JceKEKRecipientInfoGenerator("desk 7".getBytes(StandardCharsets.US_ASCII), key)
                    .setProvider("BC");
            case "rsa-3072":
                return transport(options);
            case "ml-kem-768", "ml-kem-1024":
                return new JceKEMRecipientInfoGenerator(certificate(whom), CMSAlgorithm.AES256_WRAP)
                    .setKDF(new AlgorithmIdentifier(new ASN1ObjectIdentifier("1.2.840.113549.1.9.16.3.28")))
                    .setProvider("BC");
            default:
                return agreement(whom, options);
        }
    }

    private RecipientInfoGenerator transport(String options) throws Exception {
        if (options.isEmpty()) {
            return new JceKeyTransRecipientInfoGenerator(certificate("rsa-3072")).setProvider("BC");
        }
        var by = new javax.crypto.spec.OAEPParameterSpec(options, "MGF1",
            new java.security.spec.MGF1ParameterSpec(options), javax.crypto.spec.PSource.PSpecified.DEFAULT);
        AlgorithmIdentifier how = new JcaAlgorithmParametersConverter().getAlgorithmIdentifier(
            org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers.id_RSAES_OAEP, by);
        return new JceKeyTransRecipientInfoGenerator(certificate("rsa-3072"), how).setProvider("BC");
    }

    private RecipientInfoGenerator agreement(String whom, String options) throws Exception {
        KeyPairGenerator pairs;
        if (whom.equals("x25519")) {
            pairs = KeyPairGenerator.getInstance("X25519", "BC");
        } else {
            pairs = KeyPairGenerator.getInstance("EC", "BC");
            pairs.initialize(new ECGenParameterSpec(whom.toUpperCase()));
        }
        KeyPair pair = pairs.generateKeyPair();
        ASN1ObjectIdentifier scheme = switch (options) {
            case "sha384" -> CMSAlgorithm.ECDH_SHA384KDF;
            case "sha512" -> CMSAlgorithm.ECDH_SHA512KDF;
            case "sha1" -> CMSAlgorithm.ECDH_SHA1KDF;
            case "cofactor" -> CMSAlgorithm.ECCDH_SHA256KDF;
            default -> CMSAlgorithm.ECDH_SHA256KDF;
        };
        return new JceKeyAgreeRecipientInfoGenerator(
            scheme, pair.getPrivate(), pair.getPublic(), CMSAlgorithm.AES256_WRAP)
            .addRecipient(certificate(whom)).setProvider("BC");
    }

    private char[] password() throws IOException {
        return Files.readString(folder.resolve("password")).toCharArray();
    }

    private PrivateKey key(String name) throws IOException {
        try (PEMParser parser = new PEMParser(Files.newBufferedReader(folder.resolve(name + ".key")))) {
            return new JcaPEMKeyConverter().setProvider("BC").getPrivateKey((PrivateKeyInfo) parser.readObject());
        }
    }

    private X509Certificate certificate(String name) throws Exception {
        try (InputStream file = Files.newInputStream(folder.resolve(name + ".crt"))) {
            return (X509Certificate) CertificateFactory.getInstance("X.509", "BC").generateCertificate(file);
        }
    }

    /** A KEM recipient of AuthEnvelopedData, which this version has no class for: its key, and GCM of the JCA. */
    private static final class EncapsulatedGcm extends JceKEMRecipient {
        EncapsulatedGcm(PrivateKey key) {
            super(key);
        }

        @Override
        public RecipientOperator getRecipientOperator(AlgorithmIdentifier wrapping, AlgorithmIdentifier closing,
                byte[] wrapped) throws CMSException {
            return new RecipientOperator(new Gcm(closing, extractSecretKey(wrapping, closing, wrapped)));
        }
    }

    /** Content of AES-GCM with its tag behind it. */
    private static final class Gcm implements InputAEADDecryptor {
        private final AlgorithmIdentifier closing;
        private final Key key;
        private final ByteArrayOutputStream attributes = new ByteArrayOutputStream();

        Gcm(AlgorithmIdentifier closing, Key key) {
            this.closing = closing;
            this.key = key;
        }

        @Override
        public AlgorithmIdentifier getAlgorithmIdentifier() {
            return closing;
        }

        @Override
        public OutputStream getAADStream() {
            return attributes;
        }

        @Override
        public InputStream getInputStream(InputStream closed) {
            try {
                GCMParameters how = GCMParameters.getInstance(closing.getParameters());
                Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding", "BC");
                var parameters = new GCMParameterSpec(how.getIcvLen() * 8, how.getNonce());
                cipher.init(Cipher.DECRYPT_MODE, new SecretKeySpec(key.getEncoded(), "AES"), parameters);
                cipher.updateAAD(attributes.toByteArray());
                return new ByteArrayInputStream(cipher.doFinal(closed.readAllBytes()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public byte[] getMAC() {
            return new byte[0];
        }
    }
}
